import { readFile } from "node:fs/promises";
import type { PGlite } from "@electric-sql/pglite";
import type { Description, Engine, Row } from "./engine.ts";
import { PostgresError } from "./engine.ts";
import type { LoadedExtensions } from "./extensions.ts";

export interface EmbeddedOptions {
  /** A tar of a data directory to start from: the prepared cluster, or one with a schema already applied. */
  readonly dataDir: Uint8Array<ArrayBuffer> | null;
  readonly extensions: LoadedExtensions;
}

/** PostgreSQL compiled to WebAssembly, in this process and in memory: no port, no files, nothing shared between runs. */
export class EmbeddedEngine implements Engine {
  readonly version: number;
  readonly #pg: PGlite;

  private constructor(pg: PGlite, version: number) {
    this.#pg = pg;
    this.version = version;
  }

  static async start(options: EmbeddedOptions): Promise<EmbeddedEngine> {
    const { PGlite: Embedded } = await import("@electric-sql/pglite");
    const pg: PGlite = await Embedded.create({
      ...(options.dataDir ? { loadDataDir: new Blob([options.dataDir]) } : {}),
      extensions: options.extensions as never,
      relaxedDurability: true,
    });
    const shown = await pg.query<{ v: string }>("select current_setting('server_version_num') as v");
    // A CHECK OF bodies would only refuse what a migration legitimately defines before its tables.
    await pg.exec("set check_function_bodies = off; set client_min_messages = error");
    return new EmbeddedEngine(pg, Number(shown.rows[0]?.v));
  }

  async run(sql: string): Promise<Row[]> {
    try {
      const results = await this.#pg.exec(sql);
      return (results.findLast((r) => r.fields.length > 0)?.rows ?? []) as Row[];
    } catch (error) {
      throw toPostgresError(sql, error);
    }
  }

  async describe(sql: string): Promise<Description> {
    try {
      const described = await this.#pg.describeQuery(sql);
      return {
        params: described.queryParams.map((p) => p.dataTypeID),
        columns: described.resultFields.map((f) => ({ name: f.name, type: f.dataTypeID })),
      };
    } catch (error) {
      throw toPostgresError(sql, error);
    }
  }

  /** The data directory as a tar, to start another engine from. */
  async snapshot(): Promise<Uint8Array<ArrayBuffer>> {
    const blob = await this.#pg.dumpDataDir("none");
    return new Uint8Array(await blob.arrayBuffer());
  }

  async close(): Promise<void> {
    await this.#pg.close();
  }
}

/** The cluster that ships with the package, so that no run has to make one; null in a checkout that was not built. */
export async function preparedCluster(): Promise<Uint8Array<ArrayBuffer> | null> {
  for (const place of ["./cluster.tar", "../../dist/cluster.tar"]) {
    try {
      return new Uint8Array(await readFile(new URL(place, import.meta.url)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return null;
}

function toPostgresError(sql: string, error: unknown): unknown {
  const fields = error as Record<string, unknown>;
  return error instanceof Error && typeof fields.code === "string" && "severity" in fields
    ? new PostgresError(sql, { ...fields, message: error.message })
    : error;
}
