import { performance } from "node:perf_hooks";
import { parentPort } from "node:worker_threads";
import { readPGlite } from "./compiled-pglite.ts";
import type { EmbeddedOptions } from "./embedded-database.ts";
import { type Breakdown, EngineBreakdown, PostgresError, type Row, type Wanted } from "./engine.ts";
import { EmbeddedEngine, load, readProgram } from "./pglite.ts";
import { expectWork } from "./v8-flags.ts";

/** What the main thread asks for; answered in the order of asking. */
export type Call =
  | { readonly method: "start"; readonly options: EmbeddedOptions }
  | { readonly method: "run" | "attempt"; readonly sql: string }
  | { readonly method: "describe"; readonly sql: string; readonly wanted: Wanted | undefined }
  | { readonly method: "runTelling"; readonly sql: string }
  | { readonly method: "snapshot" };

export interface NumberedCall {
  readonly id: number;
  readonly call: Call;
}

/** What `runTelling` gives: functions cannot be sent to another thread. */
export interface RowsAndNotices {
  readonly rows: Row[];
  readonly notices: readonly string[];
}

export type Reply = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly postgres: Readonly<Record<string, unknown>> }
  | { readonly breakdown: Breakdown }
  | { readonly error: Error }
);

const port = parentPort!;
let engine: EmbeddedEngine | undefined;

/** Starts one in place of the one before, whose memory it gets: what is not closed V8 never collects. */
async function start(options: EmbeddedOptions): Promise<EmbeddedEngine> {
  const before = engine;
  engine = undefined;
  // One that has broken down may be past that.
  await before?.close().catch(() => {});
  engine = await EmbeddedEngine.start(options);
  return engine;
}

async function carryOut(call: Call): Promise<unknown> {
  if (call.method === "start") return (await start(call.options)).version;
  if (engine === undefined) throw new Error("the database has not been started");
  switch (call.method) {
    case "runTelling": {
      const notices: string[] = [];
      const rows = await engine.run(call.sql, (notice) => notices.push(notice));
      return { rows, notices } satisfies RowsAndNotices;
    }
    case "describe":
      return engine.describe(call.sql, call.wanted);
    case "snapshot":
      return engine.snapshot();
    default:
      return engine[call.method](call.sql);
  }
}

async function answer(id: number, call: Call): Promise<Reply> {
  try {
    return { id, value: await carryOut(call) };
  } catch (error) {
    if (error instanceof PostgresError) return { id, postgres: error.fields };
    if (error instanceof EngineBreakdown) return { id, breakdown: error.breakdown };
    return { id, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** How long answers wait for those behind them, in milliseconds. */
const TOGETHER = 3;

async function answerAll(calls: readonly NumberedCall[]): Promise<void> {
  let replies: Reply[] = [];
  let since = performance.now();
  for (const { id, call } of calls) {
    replies.push(await answer(id, call));
    if (performance.now() - since < TOGETHER) continue;
    port.postMessage(replies);
    replies = [];
    since = performance.now();
  }
  if (replies.length > 0) port.postMessage(replies);
  // By now it has started, and described a query.
  if (!calls.some(({ call }) => call.method === "describe")) return;
  keepCompiled?.();
  keepCompiled = null;
}

/** Keeps what V8 has made of PGlite, where that was not kept. */
let keepCompiled: (() => void) | null = null;

// V8 takes Node's own modules as they were compiled into Node, and the command's code as it was kept, only under the flags that Node started
// with. So these change when the command is heard of, and what needs them is read before.
const runPGlite = readPGlite();
readProgram();

async function begin(): Promise<void> {
  expectWork();
  await load(async () => {
    const compiled = runPGlite();
    if (compiled === null) return import("@electric-sql/pglite");
    keepCompiled = compiled.keep;
    return compiled.exports;
  });
}

let turn: Promise<void> | null = null;
port.on("message", (calls: readonly NumberedCall[]) => {
  turn ??= begin();
  turn = turn.then(() => answerAll(calls));
});
