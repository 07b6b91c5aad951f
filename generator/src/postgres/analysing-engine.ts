import type { PGliteOptions } from "@electric-sql/pglite";
import type { AnalysingPGlite, AnalysingPGliteClass, PGliteModule } from "./analysing-pglite.ts";
import { concat, type DataDirectory, difference, withDifference } from "./data-directory.ts";
import { readDescribeAnswer } from "./describe-protocol.ts";
import type { EmbeddedOptions } from "./embedded-database.ts";
import type { Description, Engine, Row, Wanted } from "./engine.ts";
import { EngineBreakdown, isPostgresFailure, PostgresError } from "./engine.ts";
import { MemoryDirectory, type ReadOwn } from "./memory-directory.ts";
import { unwrapDump } from "./node-dump.ts";

type WasmModule = NonNullable<PGliteOptions["pgliteWasmModule"]>;

/** What every start needs, whatever the schema; where it comes from is the host's. */
export interface EngineAssets {
  readonly Analysing: AnalysingPGliteClass;
  readonly protocol: PGliteModule["protocol"];
  /** The prepared cluster; empty where PGlite has to make one. */
  readonly base: DataDirectory;
  readonly compiled: WasmModule;
  /** What else PGlite is to be told there. */
  readonly options?: Partial<PGliteOptions>;
  /** Reads the files that PGlite brings along, where the bundle that it is given has none of them. */
  readonly own?: ReadOwn;
  /** Finds the extensions named, as PGlite takes them; what there is not is left out. */
  loadExtensions(names: readonly string[], root: string): Promise<Readonly<Record<string, unknown>>>;
}

/** PostgreSQL that has started, for one engine at a time. */
export interface StartedEngine {
  /** Gives an engine; not before the last one was closed, and PostgreSQL rewound. */
  engine(): AnalysingEngine;
  /** Makes PostgreSQL what it was when it had started; gives false where it cannot be. */
  rewind(): boolean;
  end(): Promise<void>;
}

/** PostgreSQL compiled to WebAssembly, in this thread and in memory: no port, no files, nothing shared between runs. */
export class AnalysingEngine implements Engine {
  readonly version: number;
  readonly isEmbedded = true;
  readonly #pg: AnalysingPGlite;
  readonly #protocol: PGliteModule["protocol"];
  readonly #base: DataDirectory;
  readonly #directory: MemoryDirectory;
  #last: Promise<unknown> = Promise.resolve();
  #printsTrees = true;
  /** `client_min_messages` where no trees are asked for. */
  #level = "error";

  /** What is done in place of ending PostgreSQL, where it is kept. */
  readonly #leave: (() => Promise<void>) | null;
  #isClosed = false;

  private constructor(
    pg: AnalysingPGlite,
    { protocol, base }: EngineAssets,
    directory: MemoryDirectory,
    leave: (() => Promise<void>) | null = null,
  ) {
    this.#leave = leave;
    this.#pg = pg;
    this.#protocol = protocol;
    this.version = directory.release() * 10_000;
    this.#base = base;
    this.#directory = directory;
  }

  static async start(options: EmbeddedOptions, assets: EngineAssets): Promise<AnalysingEngine> {
    const { pg, directory } = await start(options, assets);
    await pg.exec(SESSION);
    return new AnalysingEngine(pg, assets, directory);
  }

  /**
   * Starts PostgreSQL for engines that come one after another, each of which finds it as it was at its start. PL/pgSQL is loaded already.
   * @param leave called where an engine is closed, with whether another can be had
   */
  static async startAgain(
    options: EmbeddedOptions,
    assets: EngineAssets,
    leave: (isSound: boolean) => Promise<void>,
  ): Promise<StartedEngine> {
    const { pg, directory } = await start(options, assets);
    await pg.exec(`load 'plpgsql'; ${SESSION}`);
    const image = directory.image();
    const closed = (): Promise<void> => {
      image.rest();
      return leave(pg.ended === undefined);
    };
    return {
      engine: () => new AnalysingEngine(pg, assets, directory, closed),
      rewind: () => image.restore(),
      end: () => end(pg, directory),
    };
  }

  async run(sql: string, onNotice?: (message: string) => void): Promise<Row[]> {
    return this.#inTurn(() => this.#run(sql, onNotice));
  }

  /** Calls may overlap, and a transaction is several of PGlite's. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    // PostgreSQL may be another engine's by now.
    if (this.#isClosed) return Promise.reject(new Error(CLOSED));
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #run(sql: string, onNotice?: (message: string) => void): Promise<Row[]> {
    await this.#printTrees(false);
    try {
      const results = await this.#pg.exec(
        sql,
        onNotice && { onNotice: ({ message }) => onNotice(message ?? "") },
      );
      this.#assertAlive(results.filter((result) => "command" in result).length);
      return (results.findLast((r) => r.fields.length > 0)?.rows ?? []) as Row[];
    } catch (error) {
      this.#assertAlive();
      throw isPostgresFailure(error) ? new PostgresError(sql, error) : error;
    }
  }

  /** @param done how many statements of what was last sent it had carried out */
  #assertAlive(done = 0): void {
    const { ended } = this.#pg;
    if (ended !== undefined) throw new EngineBreakdown({ reason: reasonOf(ended), done });
  }

  async attempt(sql: string): Promise<Row[]> {
    return this.#inTurn(async () => {
      await this.#printTrees(false);
      await this.#pg.exec("begin");
      try {
        return await this.#run(sql);
      } finally {
        if (this.#pg.ended === undefined) await this.#pg.exec("rollback");
      }
    });
  }

  async describe(sql: string, wanted: Wanted = { tree: true }): Promise<Description> {
    return this.#inTurn(() => this.#describe(sql, wanted));
  }

  async #describe(sql: string, { tree }: Wanted): Promise<Description> {
    await this.#printTrees(true);
    const chunks: Uint8Array[] = [];
    await this.#pg.execProtocolRawStream(this.#describeMessages(sql), {
      syncToFs: false,
      // A view of the server's memory.
      onRawData: (chunk) => chunks.push(chunk.slice()),
    });
    this.#assertAlive();
    const { params, columns, error, notices } = readDescribeAnswer(concat(chunks));
    if (error !== null) {
      const fields = Object.entries(ERROR_FIELDS).map(([letter, field]) => [field, error.get(letter)]);
      throw new PostgresError(sql, Object.fromEntries(fields));
    }
    if (!tree) return { params, columns };
    // What a literal's domain executes meanwhile, in its CHECK, is told before it.
    const dump = notices.findLast((notice) => notice.get("M") === "parse tree:")?.get("D");
    return { params, columns, tree: dump === undefined ? undefined : (unwrapDump(dump) ?? undefined) };
  }

  #describeMessages(sql: string): Uint8Array {
    const { serialize } = this.#protocol;
    return concat([serialize.parse({ text: sql }), serialize.describe({ type: "S" }), serialize.sync()]);
  }

  /** PostgreSQL tells the tree of what it parses, if asked; nobody wants those of what else is run. */
  async #printTrees(wanted: boolean): Promise<void> {
    if (wanted === this.#printsTrees) return;
    this.#printsTrees = wanted;
    try {
      if (wanted) {
        const before = await this.#pg.exec(
          `select current_setting('client_min_messages') as level; ${PRINT_TREES}`,
        );
        this.#level = String(before[0]?.rows[0]?.level);
      } else {
        await this.#pg.exec(`set debug_print_parse = off; set client_min_messages = ${this.#level}`);
      }
    } catch {
      // In a transaction that has failed nothing can be set, and its end undoes what was set in it.
    }
  }

  /** Gives what was done to the prepared cluster, to start another engine from. */
  async snapshot(): Promise<Uint8Array<ArrayBuffer>> {
    await this.#pg.exec("checkpoint");
    const rows = await this.run("select pg_walfile_name(pg_current_wal_lsn()) as segment");
    const current = `pg_wal/${rows[0]?.segment}`;
    // After a checkpoint, earlier segments serve nothing, and later ones are empty.
    const files = new Map(
      [...this.#directory.read()].filter(
        ([path]) => !OF_ONE_RUN.test(path) && (!WAL_SEGMENT.test(path) || path === current),
      ),
    );
    return difference(this.#base, files);
  }

  async close(): Promise<void> {
    if (this.#leave === null) return end(this.#pg, this.#directory);
    if (this.#isClosed) throw new Error(CLOSED);
    this.#isClosed = true;
    await this.#last;
    await this.#leave();
  }
}

/** Starts PostgreSQL, and gives it before anything was asked. */
async function start(
  { snapshot, extensions, root }: EmbeddedOptions,
  assets: EngineAssets,
): Promise<{ readonly pg: AnalysingPGlite; readonly directory: MemoryDirectory }> {
  const { Analysing, base, compiled } = assets;
  const loaded = await assets.loadExtensions(extensions, root);
  const from = snapshot === null ? base : withDifference(base, snapshot);
  // A checkout that was not built has no cluster: in an empty directory PGlite makes one, in seconds.
  const directory = new MemoryDirectory(from, assets.own);
  const pg = new Analysing({
    ...assets.options,
    fs: directory,
    // The directory has its memory.
    initialMemory: 65_536,
    pgliteWasmModule: compiled,
    extensions: loaded as never,
    startParams: [...Analysing.defaultStartParams, ...SETTINGS.flatMap((setting) => ["-c", setting])],
    relaxedDurability: true,
  });
  await pg.waitReady;
  pg.watchEnd();
  pg.refusePrograms();
  return { pg, directory };
}

async function end(pg: AnalysingPGlite, directory: MemoryDirectory): Promise<void> {
  // A second time PGlite refuses, so that no memory is left twice.
  await pg.close();
  directory.leaveMemory();
}

/** Has PostgreSQL tell the tree of what it parses. */
const PRINT_TREES = "set debug_print_parse = on; set client_min_messages = log";

/**
 * A CHECK OF bodies would only refuse what a migration legitimately defines before its tables. The trees are asked for, since queries alone are described where the
 * schema is known; and nothing is selected, of which PostgreSQL would need another part.
 */
const SESSION = `set check_function_bodies = off; ${PRINT_TREES}`;

/** PGlite's own word. */
const CLOSED = "PGlite is closed";

const reasonOf = (ended: unknown): string => (ended instanceof Error ? ended.message : String(ended));

const SETTINGS = [
  // All of it is written at the start, as zeros: the default of 128 MB takes longer than a schema takes to be applied.
  "shared_buffers=4MB",
  "full_page_writes=off",
  // Trees are wanted as messages; nobody reads the log.
  "log_min_messages=panic",
  "debug_pretty_print=off",
  // Twice what it takes does not fill the thread's own stack, of whose end PostgreSQL knows nothing.
  "max_stack_depth=500kB",
];
/** PostgresError's, by the protocol's letters. */
const ERROR_FIELDS = { C: "code", M: "message", H: "hint", D: "detail", s: "schema", P: "position" };
/** What PostgreSQL makes anew at each start, of what it finds. */
const OF_ONE_RUN = /(?:^postmaster\.pid|(?:^|\/)pg_internal\.init)$/;
const WAL_SEGMENT = /^pg_wal\/[0-9A-F]{24}$/;
