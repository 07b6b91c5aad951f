import { createHash } from "node:crypto";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { SchemaFile } from "../model/source.ts";
import { CatalogReader } from "../postgres/catalog-reader.ts";
import type { Engine } from "../postgres/engine.ts";
import { extensionsNamed } from "../postgres/extensions.ts";
import type { QueryResult } from "./analyze-query.ts";
import { applySchema } from "./apply-schema.ts";
import type { ContentCache } from "./cache.ts";

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

/** What a run leaves for the next on the same schema: oids in it are those of the snapshot that it names. */
interface Remembered {
  readonly snapshot: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly results: ReadonlyMap<string, QueryResult>;
  readonly types: CatalogReader["types"];
}

async function withEmbedded<T>(source: DatabaseSource, use: (database: Database) => Promise<T>): Promise<T> {
  const { startEmbedded } = await import("../postgres/embedded.ts");
  const { cache, key } = source;
  const named = extensionsNamed(source.schema.map((f) => f.text).join("\n"));
  const extensions = [...new Set([...named, ...(source.extensions ?? [])])];
  const snapshot = await cache.readBytes("schema", key);
  const kept = snapshot ? await cache.read<Remembered>("queries", key) : null;
  const usable = kept !== null && snapshot !== null && kept.snapshot === checksum(snapshot);
  const engine = await startEmbedded({
    snapshot: usable ? snapshot : null,
    extensions,
    root: source.root,
  });
  try {
    const diagnostics = usable ? kept.diagnostics : await applySchema(engine, source.schema);
    const reader = new CatalogReader(engine);
    if (usable) await reader.ensureTypes([...kept.types.keys()]);
    await reader.prefetch();
    const image = usable ? snapshot : await engine.snapshot();
    const results = new Map<string, QueryResult>();
    let asked = false;
    const value = await use({
      engine,
      reader,
      diagnostics,
      async remember(fingerprint, analyze) {
        asked = true;
        const result = (usable ? kept.results.get(fingerprint) : undefined) ?? (await analyze());
        results.set(fingerprint, result);
        return result;
      },
    });
    // Whoever asked for no query leaves the results of those who did.
    if (usable && !asked) return value;
    if (!usable) await cache.writeBytes("schema", key, image);
    await cache.write("queries", key, {
      snapshot: checksum(image),
      diagnostics,
      results,
      types: new Map(reader.types),
    } satisfies Remembered);
    return value;
  } finally {
    await engine.close();
  }
}

function checksum(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
