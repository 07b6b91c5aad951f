import type { QueryResult } from "../analysis/analyze-query.ts";
import type { RememberRelations } from "../analysis/build-catalog.ts";
import { keepSnapshot, snapshotIn } from "../cache/kept-snapshot.ts";
import type { Oid, Relation } from "../model/catalog.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { UserCatalog } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import { type Definitions, readDefinitions } from "../postgres/definitions.ts";
import type { EmbeddedDatabase, Snapshot } from "../postgres/embedded-database.ts";
import type { Engine } from "../postgres/engine.ts";
import { NotingEngine } from "../postgres/mentions.ts";
import type { Store } from "./host.ts";
import { keptResults, type Predecessor, type Remembered } from "./kept-results.ts";
import { movedResult, type Place } from "./moved-result.ts";

/** A PostgreSQL with a schema applied. */
export interface Database {
  /** Of this very application of the schema; null of a server's, which others may change. */
  readonly id: string | null;
  readonly engine: Engine;
  readonly reader: CatalogReader;
  /** What was wrong with the schema. */
  readonly diagnostics: readonly Diagnostic[];
  /**
   * Gives the result that is known to hold on this very database, or makes it.
   * @param fingerprint of the query, wherever it stands
   */
  remember(
    fingerprint: string,
    place: Place,
    analyze: (engine: Engine) => Promise<QueryResult>,
  ): Promise<QueryResult>;
  /** Forgets the results of all other queries. */
  retain(fingerprints: ReadonlySet<string>): void;
  /** Gives the user's relations as the inference has them, each analysed once on this very database. */
  readonly rememberRelations: RememberRelations;
}

/** A schema applied to the prepared cluster. */
export interface AppliedSchema extends KeptSchema {
  readonly snapshot: Snapshot;
}

/** What is kept of one beside its snapshot, which has a file of its own: only the thread of a database wants that. */
interface KeptSchema {
  /** Of this very application: another one has other oids. */
  readonly id: string;
  /** What was loaded into the server when it was made: some leave files that no server without them starts from. */
  readonly extensions: readonly string[];
  readonly catalog: UserCatalog;
  readonly diagnostics: readonly Diagnostic[];
  /** Whether it went through as it stands: then a schema with more files behind these can go on from it. */
  readonly isClean: boolean;
}

/** What was found in one: the oids in it are those of that very application. */
interface Findings {
  readonly schema: string;
  readonly results: ReadonlyMap<string, Remembered>;
  readonly types: CatalogReader["types"];
}

/** What the inference made of the relations of one. */
interface KnownRelations {
  readonly schema: string;
  readonly of: readonly Oid[];
  readonly relations: readonly Relation[];
}

interface Parts {
  readonly key: string;
  readonly store: Store;
  readonly engine: EmbeddedDatabase;
  readonly reader: CatalogReader;
  readonly extensions: readonly string[];
  readonly schema: Omit<KeptSchema, "extensions">;
  /** Of an earlier run, where it was kept. */
  readonly results: ReadonlyMap<string, Remembered>;
  /** What was found in the database that this one takes the place of, or null. */
  readonly predecessor: Predecessor | null;
  readonly snapshot: Snapshot | null;
}

/** An embedded database that is open, and what is known of it. */
export class OpenDatabase implements Database {
  readonly key: string;
  readonly engine: EmbeddedDatabase;
  readonly reader: CatalogReader;
  readonly extensions: readonly string[];
  /** How many use it now. */
  users = 0;
  /** The higher, the later it was used. */
  lastUse = 0;
  readonly #store: Store;
  readonly #schema: Parts["schema"];
  readonly #results: Map<string, Remembered>;
  #predecessor: Predecessor | null;
  #taking: Promise<void> | null = null;
  #definitions: Promise<Definitions | null> | null = null;
  #applied: Promise<AppliedSchema> | null = null;
  #isStored: boolean;
  #isNew = false;
  #relations: KnownRelations | null = null;
  #hasNewRelations = false;

  constructor(parts: Parts) {
    this.key = parts.key;
    this.engine = parts.engine;
    this.reader = parts.reader;
    this.extensions = parts.extensions;
    this.#store = parts.store;
    this.#schema = parts.schema;
    this.#results = new Map(parts.results);
    this.#predecessor = parts.predecessor;
    this.#isStored = parts.snapshot !== null;
    if (parts.snapshot !== null)
      this.#applied = Promise.resolve({
        ...parts.schema,
        snapshot: parts.snapshot,
        extensions: parts.extensions,
      });
  }

  get id(): string {
    return this.#schema.id;
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.#schema.diagnostics;
  }

  /** Forgets the results that none of these stands for. */
  retain(fingerprints: ReadonlySet<string>): void {
    for (const fingerprint of this.#results.keys())
      if (!fingerprints.has(fingerprint)) this.#results.delete(fingerprint);
  }

  get isClean(): boolean {
    return this.#schema.isClean;
  }

  async remember(
    fingerprint: string,
    { span, line }: Place,
    analyze: (engine: Engine) => Promise<QueryResult>,
  ): Promise<QueryResult> {
    if (!this.#results.has(fingerprint)) {
      this.#taking ??= this.#takeOver();
      await this.#taking;
    }
    const known = this.#results.get(fingerprint);
    const place = { span, line };
    if (known !== undefined) {
      const result = movedResult(known.result, known.place, place);
      if (result !== known.result) this.#results.set(fingerprint, { ...known, result, place });
      return result;
    }
    const noting = new NotingEngine(this.engine);
    const result = await analyze(noting);
    this.#results.set(fingerprint, { result, mentions: noting.mentions, place });
    this.#isNew = true;
    return result;
  }

  /** Takes over what was found in the database before, as far as it holds here. */
  async #takeOver(): Promise<void> {
    const predecessor = this.#predecessor;
    this.#predecessor = null;
    const definitions = predecessor && (await this.#defined());
    if (!predecessor || !definitions) return;
    const { results, oids } = keptResults(predecessor, definitions);
    await this.reader.ensureTypes([...oids]);
    for (const [fingerprint, remembered] of results)
      if (!this.#results.has(fingerprint)) this.#results.set(fingerprint, remembered);
    this.#isNew ||= results.size > 0;
  }

  /** Gives what the next database with nearly the same schema can take over; null where that cannot be told. */
  async successorsPart(): Promise<Predecessor | null> {
    const definitions = await this.#defined();
    return definitions && { definitions, results: new Map(this.#results) };
  }

  #defined(): Promise<Definitions | null> {
    this.#definitions ??= readDefinitions(this.engine);
    return this.#definitions;
  }

  readonly rememberRelations: RememberRelations = async (of, make) => {
    const isMeant = (known: KnownRelations | null): known is KnownRelations =>
      known !== null &&
      known.schema === this.#schema.id &&
      known.of.length === of.length &&
      known.of.every((oid, i) => oid === of[i]);
    // What has just been applied was analysed by nobody.
    if (this.#relations === null && this.#isStored)
      this.#relations = await this.#store.read<KnownRelations>(RELATIONS, this.key);
    if (isMeant(this.#relations)) return this.#relations.relations;
    const relations = make();
    this.#relations = { schema: this.#schema.id, of, relations };
    this.#hasNewRelations = true;
    return relations;
  };

  /** Takes the database as it is: to be asked for before anything is done to it. */
  applied(): Promise<AppliedSchema> {
    this.#applied ??= this.engine.snapshot().then((bytes) => ({
      ...this.#schema,
      snapshot: inMemory(this.#schema.id, bytes),
      extensions: this.extensions,
    }));
    return this.#applied;
  }

  /** Ends its thread, when it was taken as it is if anybody has asked for that. */
  async close(): Promise<void> {
    await this.#applied?.catch(() => {});
    await this.engine.close();
  }

  /** Tells whether anything of it can be kept for a later run. */
  get isKept(): boolean {
    return this.#store.isKept;
  }

  /** Writes what a later run can use. Whoever asked for no query leaves the results of those who did. */
  async keep(): Promise<void> {
    if (!this.isKept) return;
    if (!this.#isStored) {
      this.#isStored = true;
      await keepApplied(this.#store, this.key, await this.applied());
      this.#isNew = true;
    }
    if (this.#hasNewRelations) {
      this.#hasNewRelations = false;
      await this.#store.write(RELATIONS, this.key, this.#relations);
    }
    if (!this.#isNew) return;
    this.#isNew = false;
    const findings: Findings = {
      schema: this.#schema.id,
      results: this.#results,
      types: this.reader.ownTypes,
    };
    await this.#store.write("queries", this.key, findings);
  }
}

/** Gives a snapshot of which the bytes are kept here. It outlives its database by far, and holds nothing else of it. */
const inMemory = (id: string, bytes: Uint8Array<ArrayBuffer>): Snapshot => ({
  id,
  bytes: async () => bytes.slice(),
});

const RELATIONS = "relations";
const SCHEMA = "schema";

/** Reads what was kept of a schema that was applied. */
export async function appliedIn(store: Store, key: string): Promise<AppliedSchema | null> {
  const kept = await store.read<KeptSchema>(SCHEMA, key);
  return kept && { ...kept, snapshot: snapshotIn(store, { key, id: kept.id }) };
}

async function keepApplied(store: Store, key: string, { snapshot, ...kept }: AppliedSchema): Promise<void> {
  await keepSnapshot(store, key, snapshot);
  await store.write(SCHEMA, key, kept);
}

/** Reads what an earlier run found in this very application of a schema. */
export async function findingsIn(
  store: Store,
  key: string,
  { id }: Pick<AppliedSchema, "id">,
): Promise<Pick<Findings, "results" | "types"> | null> {
  const found = await store.read<Findings>("queries", key);
  return found !== null && found.schema === id ? found : null;
}
