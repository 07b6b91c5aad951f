import { applyFiles, applySchema } from "../analysis/apply-schema.ts";
import type { KeptStart } from "../cache/kept-snapshot.ts";
import type { SchemaFile } from "../model/source.ts";
import { CatalogReader } from "../postgres/catalog-reader.ts";
import { type EmbeddedDatabase, SnapshotLost } from "../postgres/embedded-database.ts";
import type { Engine } from "../postgres/engine.ts";
import { extensionsNamed } from "../postgres/extension-names.ts";
import { loadParser } from "../postgres/raw-parse.ts";
import { type Host, NO_STORE, type Store } from "./host.ts";
import type { Predecessor } from "./kept-results.ts";
import { type AppliedSchema, appliedIn, type Database, findingsIn, OpenDatabase } from "./open-database.ts";
import { RecentMap } from "./recent-map.ts";
import { schemaKey } from "./schema-key.ts";

/** A schema, and where it is to be applied. */
export interface SchemaSource {
  /** The project's folder, where extension packages may be installed, and whose store serves. */
  readonly home: string;
  readonly store: Store;
  readonly files: readonly SchemaFile[];
  /** Extensions that the schema does not name and its user will. */
  readonly extensions?: readonly string[];
  readonly databaseUri: string | undefined;
  /** Whether to apply it once more, whatever is known of it, for this use alone. */
  readonly isAnew?: boolean;
}

/**
 * What a use leaves behind in the database: nothing; traces in its files, though everything was rolled back; or changes.
 * After the latter two nobody else gets that database.
 */
export type Leaves = "nothing" | "traces" | "changes";

interface Spare {
  readonly engine: EmbeddedDatabase;
  /** What it has, where nothing but traces was left in it. */
  readonly traced: OpenDatabase | null;
}

interface Opening {
  readonly database: Promise<OpenDatabase>;
  /** The same, once it is there. */
  ready: OpenDatabase | null;
  /** How many have asked for it and do not use it yet: what they were promised is nobody else's meanwhile. */
  wanted: number;
  /** Whether somebody has it for changes of his own. */
  isTaken: boolean;
}

const isIdle = ({ ready, wanted }: Opening): boolean => ready?.users === 0 && wanted === 0;

/** How many are open while nobody uses them: one for each side of a comparison, or the one in use and the next. */
const OPEN = 2;
/** How many applied schemas are kept in memory, some megabytes each. */
const REMEMBERED = 6;
/** How many files from the end of a schema may have changed for its beginning to be looked for. */
const LAST_FILES = 8;

/** The databases of a process: one for each schema, open as long as it is of use, begun from what is known of its files. */
export class Engines {
  readonly #host: Host;
  readonly #open = new Map<string, Opening>();
  /** Threads whose database nobody wants any more, but for who leaves no more than traces in it: the oldest last. */
  readonly #spare: Spare[] = [];
  readonly #applied = new RecentMap<AppliedSchema>(REMEMBERED);
  /** The applications of which the snapshot is kept no longer. */
  readonly #lost = new Set<string>();
  #lastKept: KeptStart | null = null;
  /** Those of which something is to be kept for the next run; each holds its engine. */
  readonly #unkept = new Set<OpenDatabase>();
  #keeping: Promise<void> = Promise.resolve();
  /** By project, the schema files when a database was last made ready, and up to which of them. */
  readonly #edited = new Map<string, readonly SchemaFile[]>();
  readonly #editedAt = new Map<string, number>();
  /** By project and first file, what was found in the database that the next edit of its schema leaves behind. */
  readonly #leftBehind = new RecentMap<Predecessor>(OPEN);
  #uses = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * Works on a database that has the schema. Several may use one at the same time, as long as they leave nothing.
   * @param leaves what `work` does to it
   */
  async use<T>(source: SchemaSource, leaves: Leaves, work: (database: Database) => Promise<T>): Promise<T> {
    if (source.databaseUri !== undefined) return this.#onServer(source, source.databaseUri, work);
    const database = source.isAnew ? await this.#startAnew(source) : await this.#taken(source, leaves);
    try {
      return await work(database);
    } finally {
      database.users--;
      if (leaves === "nothing" && !source.isAnew) this.#keepLater(database);
      else
        this.#spare.unshift({
          engine: database.engine,
          traced: leaves === "traces" && !source.isAnew ? database : null,
        });
      await this.#closeSpare();
    }
  }

  /**
   * Works on a PostgreSQL without a schema, that has the extensions which the schema asks for.
   * @param source `files` are not applied
   */
  async withEmpty<T>(source: SchemaSource, work: (engine: Engine) => Promise<T>): Promise<T> {
    if (source.databaseUri !== undefined) {
      const server = await this.#host.connect(source.databaseUri);
      return work(server).finally(() => server.close());
    }
    const { home } = source;
    const extensions = extensionsNamed(source.files);
    const engine = await this.#host.start(
      { snapshot: null, extensions, root: home },
      await this.#thread(this.#open.size + 1),
    );
    try {
      return await work(engine);
    } finally {
      this.#spare.unshift({ engine, traced: null });
      await this.#closeSpare();
    }
  }

  /**
   * Begins to open the database of a schema.
   * @returns whether it was applied before, as soon as that is known
   */
  async begin(source: SchemaSource): Promise<boolean> {
    const key = schemaKey(this.#host, source);
    const isKnown = this.#open.has(key) || (await this.#appliedOf(source, key)) !== null;
    // Whoever uses it hears what became of it.
    this.#opened(source, key).catch(() => {});
    return isKnown;
  }

  /**
   * Has a database ready for the next edit of a schema: with its files up to the one that differs from the schema that this was last called
   * with, or else without the last one.
   */
  async standBy(source: SchemaSource): Promise<void> {
    const { files } = source;
    const before = this.#edited.get(source.home) ?? [];
    const differs = files.findIndex((file, i) => file.text !== before[i]?.text);
    const at =
      before.length === 0 || differs === -1 ? (this.#editedAt.get(source.home) ?? files.length - 1) : differs;
    const count = Math.min(at, files.length - 1);
    const current = this.#open.get(schemaKey(this.#host, source))?.ready;
    const found = current && (await current.successorsPart());
    if (found) this.#leftBehind.set(lineOf(source), found);
    this.#edited.set(source.home, files);
    this.#editedAt.set(source.home, count);
    const beginning = { ...source, files: files.slice(0, count), extensions: extensionsNamed(files) };
    const database = await this.#opened(beginning, schemaKey(this.#host, beginning));
    database.lastUse = ++this.#uses;
    await this.#remember(database);
  }

  /** Writes everything that later runs can use; what cannot be kept costs that time, never this one its result. */
  async kept(): Promise<void> {
    const databases = [...this.#unkept];
    this.#unkept.clear();
    const before = this.#keeping;
    this.#keeping = Promise.all(databases.map((database) => database.keep().catch(() => {}))).then(
      () => before,
    );
    await this.#keeping;
  }

  /** Gives what the database that was started last can be started from in a later run. */
  get lastKept(): KeptStart | null {
    return this.#lastKept;
  }

  /**
   * Ends all threads, each as soon as it serves nothing that is kept, and writes what is kept meanwhile. Whoever then asks for a database
   * gets another.
   */
  async close(): Promise<void> {
    const keeping = this.kept();
    const opening = [...this.#open.values()].map(({ database }) => database);
    const spare = this.#spare.splice(0).map(({ engine }) => engine);
    this.#open.clear();
    await Promise.all([
      ...opening.map((one) =>
        one.then(
          (database) => database.close(),
          () => {},
        ),
      ),
      ...spare.map((engine) => engine.close()),
    ]);
    await keeping;
  }

  async #onServer<T>(
    { files }: SchemaSource,
    uri: string,
    work: (database: Database) => Promise<T>,
  ): Promise<T> {
    const engine = await this.#host.connect(uri);
    try {
      const diagnostics = await engine.withSchema(files, applySchema);
      const reader = new CatalogReader(engine);
      // Queries are analysed side by side: one that finds a table which another is still reading must not judge by half of it.
      await reader.prefetch();
      return await work({
        id: null,
        engine,
        reader,
        diagnostics,
        remember: (_, _place, analyze) => analyze(engine),
        retain: () => {},
        rememberRelations: async (_, make) => make(),
      });
    } finally {
      await engine.close();
    }
  }

  /** The open one, in use from now on; another of its own for who leaves something where others are at work. */
  async #taken(source: SchemaSource, leaves: Leaves): Promise<OpenDatabase> {
    const key = schemaKey(this.#host, source);
    const lacksOf = ({ extensions }: OpenDatabase): boolean =>
      (source.extensions ?? []).some((name) => !extensions.includes(name));
    if (leaves === "traces") {
      const at = this.#spare.findIndex(({ traced }) => traced?.key === key && !lacksOf(traced));
      const [known] = at < 0 ? [] : this.#spare.splice(at, 1);
      if (known?.traced) {
        known.traced.users++;
        return known.traced;
      }
    }
    const isAlone = (one: OpenDatabase): boolean => leaves !== "nothing" && !lacksOf(one);
    const { opening, database: found } = await this.#wanted(source, key, isAlone);
    let database = found;
    const lacks = lacksOf(database);
    if (lacks || (leaves !== "nothing" && !opening.isTaken)) {
      await this.#remember(database).finally(() => {
        found.users--;
      });
      if (isIdle(opening)) this.#withdraw(database);
      const more = [...(source.extensions ?? []), ...database.extensions];
      database = await this.#start({ ...source, extensions: more }, key);
      database.users++;
      if (lacks && leaves === "nothing" && !this.#open.has(key))
        this.#open.set(key, { ...opening, database: Promise.resolve(database), ready: database, wanted: 0 });
    } else if (leaves !== "nothing") {
      // Of what is about to be changed, the state before is worth keeping.
      if (source.store.isKept) await this.#remember(database);
      this.#keepLater(database);
    }
    database.lastUse = ++this.#uses;
    return database;
  }

  /**
   * Gives the open one, in use, and not taken by another by then.
   * @param isAlone tells whether who asks wants it for himself: he has it so where nobody else uses it, or is about to
   */
  async #wanted(
    source: SchemaSource,
    key: string,
    isAlone: (database: OpenDatabase) => boolean,
  ): Promise<{ readonly opening: Opening; readonly database: OpenDatabase }> {
    const opening = this.#opening(source, key);
    opening.wanted++;
    let database: OpenDatabase;
    try {
      database = await opening.database;
    } finally {
      opening.wanted--;
    }
    if (opening.isTaken) return this.#wanted(source, key, isAlone);
    // At once, before anybody else is told of it.
    if (isAlone(database) && isIdle(opening)) {
      opening.isTaken = true;
      this.#open.delete(key);
    }
    database.users++;
    return { opening, database };
  }

  #startAnew(source: SchemaSource): Promise<OpenDatabase> {
    return this.#start({ ...source, store: NO_STORE }, `${schemaKey(this.#host, source)} anew`);
  }

  #opened(source: SchemaSource, key: string): Promise<OpenDatabase> {
    return this.#opening(source, key).database;
  }

  #opening(source: SchemaSource, key: string): Opening {
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const database = this.#start(source, key);
    const opening: Opening = { database, ready: null, wanted: 0, isTaken: false };
    this.#open.set(key, opening);
    opening.database.then(
      (database) => {
        opening.ready = database;
      },
      () => {
        if (this.#open.get(key) === opening) this.#open.delete(key);
      },
    );
    return opening;
  }

  /** Starts one; where a snapshot turns out to be lost, without it. */
  async #start(source: SchemaSource, key: string): Promise<OpenDatabase> {
    const { files, store, home } = source;
    const applied = await this.#appliedOf(source, key);
    const before = applied === null && !source.isAnew ? await this.#beginningOf(source) : null;
    const from = applied ?? before?.applied ?? null;
    const extensions = [
      ...new Set([...extensionsNamed(files), ...(source.extensions ?? []), ...(from?.extensions ?? [])]),
    ].sort();
    const thread = before?.engine ?? (await this.#thread(this.#open.size));
    const starting =
      before?.engine ??
      this.#host.start({ snapshot: from?.snapshot ?? null, extensions, root: home }, thread);
    // It is waited for below.
    Promise.resolve(starting).catch(() => {});
    const found = applied && (await findingsIn(store, key, applied));
    // What comes next loads while the database starts.
    const loading = Promise.all([
      this.#host.builtins(),
      import("../analysis/analyze-query.ts"),
      loadParser(),
    ]);
    loading.catch(() => {});
    let engine: EmbeddedDatabase;
    try {
      engine = await starting;
    } catch (error) {
      if (!(error instanceof SnapshotLost) || from === null) throw error;
      this.#lost.add(from.id);
      if (thread !== null) this.#spare.unshift({ engine: thread, traced: null });
      return this.#start(source, key);
    }
    const [builtins] = await loading;
    try {
      const own = applied ?? (await applyFiles(engine, files, before?.count));
      const reader = new CatalogReader(engine, { builtins, types: found?.types, user: applied?.catalog });
      const catalog = await reader.prefetch();
      const { diagnostics, isClean } = own;
      const id = applied?.id ?? globalThis.crypto.randomUUID();
      if (store.isKept) this.#lastKept = { key, id, extensions, root: home };
      return new OpenDatabase({
        key,
        store,
        engine,
        reader,
        extensions,
        schema: { id, catalog, diagnostics, isClean },
        results: found?.results ?? new Map(),
        predecessor: this.#leftBehind.get(lineOf(source)) ?? null,
        snapshot: applied?.snapshot ?? null,
      });
    } catch (error) {
      this.#spare.unshift({ engine, traced: null });
      throw error;
    }
  }

  async #appliedOf({ store }: SchemaSource, key: string): Promise<AppliedSchema | null> {
    const applied = this.#applied.get(key) ?? (await appliedIn(store, key));
    if (applied === null || this.#lost.has(applied.id)) return null;
    this.#applied.set(key, applied);
    return applied;
  }

  /** The longest beginning of the schema's files that is known, so that only the rest has to be applied. */
  async #beginningOf(source: SchemaSource): Promise<{
    readonly applied: AppliedSchema;
    readonly count: number;
    /** One that has it and waits for this. */
    readonly engine: EmbeddedDatabase | null;
  } | null> {
    const { files, store } = source;
    if (!store.exists && this.#applied.size === 0) return null;
    for (let count = files.length - 1; count >= Math.max(0, files.length - LAST_FILES); count--) {
      const key = schemaKey(this.#host, { ...source, files: files.slice(0, count) });
      const applied = await this.#appliedOf(source, key);
      if (applied?.isClean !== true) continue;
      const opening = this.#open.get(key);
      const waiting = opening?.ready;
      const has = (name: string): boolean => waiting?.extensions.includes(name) === true;
      if (!waiting || !isIdle(opening!) || !extensionsNamed(files).every(has))
        return { applied, count, engine: null };
      this.#open.delete(key);
      // It is kept as it was.
      await this.#remember(waiting);
      return { applied, count, engine: waiting.engine };
    }
    return null;
  }

  /** A thread to start the next in: a spare one, or that of what has not been used for longest, where enough are open. */
  async #thread(open: number): Promise<EmbeddedDatabase | null> {
    const at = this.#spare.findLastIndex(({ traced }) => traced === null);
    const [spare] = this.#spare.splice(at, 1);
    if (spare !== undefined) return spare.engine;
    if (open <= OPEN) return null;
    const idle = [...this.#open.values()].flatMap((one) => (isIdle(one) ? [one.ready!] : []));
    const [oldest] = idle.sort((a, b) => a.lastUse - b.lastUse);
    if (oldest === undefined) return null;
    this.#withdraw(oldest);
    await this.#remember(oldest);
    this.#keepLater(oldest);
    return oldest.engine;
  }

  #keepLater(database: OpenDatabase): void {
    if (database.isKept) this.#unkept.add(database);
  }

  #withdraw({ key }: OpenDatabase): void {
    this.#open.delete(key);
  }

  async #remember(database: OpenDatabase): Promise<void> {
    this.#applied.set(database.key, await database.applied());
  }

  /** One thread is enough to begin the next with. */
  async #closeSpare(): Promise<void> {
    await Promise.all(this.#spare.splice(OPEN).map(({ engine }) => engine.close()));
  }
}

/** Gives a key that the revisions of a schema have in common. */
const lineOf = ({ home, files }: SchemaSource): string => `${home}\0${files[0]?.path}`;
