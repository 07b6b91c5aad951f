import { randomUUID } from "node:crypto";
import type { ContentCache } from "../cache/content-cache.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { SchemaFile } from "../model/source.ts";
import { shippedBuiltins } from "../postgres/builtins.ts";
import type { UserCatalog } from "../postgres/catalog-objects.ts";
import { CatalogReader } from "../postgres/catalog-reader.ts";
import type { EmbeddedDatabase } from "../postgres/embedded.ts";
import type { Engine } from "../postgres/engine.ts";
import { extensionsNamed } from "../postgres/extensions.ts";
import { loadParser } from "../postgres/raw-parse.ts";
import type { QueryResult } from "./analyze-query.ts";
import { applySchema } from "./apply-schema.ts";

/** A PostgreSQL with the schema applied. */
export interface Database {
  readonly engine: Engine;
  readonly reader: CatalogReader;
  /** What was wrong with the schema. */
  readonly diagnostics: readonly Diagnostic[];
  /** The result kept from an earlier run on this very database, or a new one. */
  remember(fingerprint: string, analyze: () => Promise<QueryResult>): Promise<QueryResult>;
}

export interface DatabaseSource {
  readonly key: string;
  /** The project's folder, where extension packages may be installed. */
  readonly root: string;
  readonly schema: readonly SchemaFile[];
  /** Extensions that the schema does not name and its user will. */
  readonly extensions?: readonly string[];
  readonly databaseUri: string | undefined;
  readonly cache: ContentCache;
  /**
   * Told what goes on when the use is over: keeping it for the next run. Who gives it promises to change nothing in the
   * database; for others the database as it was before is kept at once.
   */
  readonly meanwhile?: (work: Promise<void>) => void;
  /** One that is being opened already. */
  readonly opening?: Opening | undefined;
}

/** An embedded database that is starting. */
export interface Opening {
  readonly key: string;
  readonly applied: AppliedSchema | null;
  readonly extensions: readonly string[];
  readonly engine: Promise<EmbeddedDatabase>;
  /** For who finds that there is no need of it. */
  close(): Promise<void>;
}

/** Opens the database, a server's or the embedded one, and closes it whatever happens. */
export async function withDatabase<T>(
  source: DatabaseSource,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  return source.databaseUri === undefined
    ? withEmbedded(source, use)
    : withServer(source, source.databaseUri, use);
}

async function withServer<T>(
  source: DatabaseSource,
  uri: string,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const { ServerEngine } = await import("../postgres/server.ts");
  const engine = await ServerEngine.start(uri);
  try {
    const diagnostics = await engine.withSchema(source.schema, applySchema);
    return await use({
      engine,
      reader: new CatalogReader(engine),
      diagnostics,
      remember: (_, analyze) => analyze(),
    });
  } finally {
    await engine.close();
  }
}

/** A schema applied to the prepared cluster. */
interface AppliedSchema {
  readonly id: string;
  readonly snapshot: Uint8Array;
  /** What was loaded into the server when it was made: some leave files that no server without them starts from. */
  readonly extensions: readonly string[];
  readonly catalog: UserCatalog;
  readonly diagnostics: readonly Diagnostic[];
}

/** What a run found in one: the oids in it are those of that very application. */
interface Findings {
  readonly schema: string;
  readonly results: ReadonlyMap<string, QueryResult>;
  readonly types: CatalogReader["types"];
}

/** Has it start from what was kept of the schema. When this resolves, it is under way. */
export async function openEmbedded({
  key,
  root,
  schema,
  cache,
  extensions = [],
}: Pick<DatabaseSource, "key" | "root" | "schema" | "cache" | "extensions">): Promise<Opening> {
  const { startEmbedded } = await import("../postgres/embedded.ts");
  const named = extensionsNamed(schema);
  const applied = await cache.read<AppliedSchema>("schema", key);
  const loaded = [...new Set([...named, ...extensions, ...(applied?.extensions ?? [])])].sort();
  const engine = startEmbedded({
    snapshot: applied?.snapshot ?? null,
    extensions: loaded,
    root,
  });
  // Whoever waits for it hears of it.
  engine.catch(() => {});
  return {
    key,
    applied,
    extensions: loaded,
    engine,
    close: () =>
      engine.then(
        (started) => started.close(),
        () => {},
      ),
  };
}

async function withEmbedded<T>(source: DatabaseSource, use: (database: Database) => Promise<T>): Promise<T> {
  const { cache, key } = source;
  const { applied, extensions, engine: starting } = source.opening ?? (await openEmbedded(source));
  const found = applied ? await cache.read<Findings>("queries", key) : null;
  const earlier = found !== null && found.schema === applied?.id ? found : null;
  // What comes next loads while the database starts.
  const [engine, builtins] = await Promise.all([
    starting,
    shippedBuiltins(),
    import("./analyze-query.ts"),
    loadParser(),
  ]);
  let isClosing = false;
  try {
    const diagnostics = applied?.diagnostics ?? (await applySchema(engine, source.schema));
    const reader = new CatalogReader(engine, { builtins, types: earlier?.types, user: applied?.catalog });
    const catalog = await reader.prefetch();
    const isKept = cache.isKept && !applied;
    const before = isKept && !source.meanwhile ? await engine.snapshot() : null;
    const results = new Map<string, QueryResult>();
    let asked = false;
    const value = await use({
      engine,
      reader,
      diagnostics,
      async remember(fingerprint, analyze) {
        asked = true;
        const result = earlier?.results.get(fingerprint) ?? (await analyze());
        results.set(fingerprint, result);
        return result;
      },
    });
    const schema = applied?.id ?? randomUUID();
    const keep = async (): Promise<void> => {
      // Whoever asked for no query leaves the results of those who did.
      if (!cache.isKept || (applied && !asked)) return;
      if (isKept) {
        const snapshot = before ?? (await engine.snapshot());
        await cache.write("schema", key, {
          id: schema,
          snapshot,
          extensions,
          catalog,
          diagnostics,
        } satisfies AppliedSchema);
      }
      const findings: Findings = { schema, results, types: reader.ownTypes };
      await cache.write("queries", key, findings);
    };
    // What cannot be kept costs the next run time, never this one its result.
    const keeping = keep().catch(() => {});
    if (source.meanwhile) {
      isClosing = true;
      source.meanwhile(keeping.then(() => engine.close()));
    } else await keeping;
    return value;
  } finally {
    if (!isClosing) await engine.close();
  }
}
