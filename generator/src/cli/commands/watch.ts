import { dirname, resolve } from "node:path";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { FileSystem } from "../../output/file-system.ts";
import type { OutputPlan, WantedFile } from "../../output/plan.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { interrupt, leave, onInterruption } from "../interruption.ts";
import { type GlobalOptions, load } from "../load.ts";
import type { LoadedConfig, Pipeline } from "../pipeline.ts";
import type { Terminal } from "../terminal.ts";
import { FollowUp } from "../watch/follow-up.ts";
import { type Changes, InputWatcher } from "../watch/input-watcher.ts";
import { OutputWatch } from "../watch/output-watch.ts";
import { type Round, showRound } from "../watch/screen.ts";
import { SpareTime } from "../watch/spare-time.ts";
import { noTarget, prepare, unwritable, withTarget } from "./generate.ts";

/** As a process that SIGPIPE ends. */
const UNREAD = 141;
/** When is tried again what no file is the reason for; each time later, up to the latter. */
const RETRY_MS = 2_000;
const LATEST_RETRY_MS = 30_000;

export interface WatchOptions extends GlobalOptions {
  readonly cache: boolean;
  /** A command for the shell, after each change of the output; null for none. */
  readonly exec: string | null;
}

/** Generates, and again whenever something changes, until the process is ended. No error ends it. */
export async function watch(pipeline: Pipeline, terminal: Terminal, options: WatchOptions): Promise<number> {
  const { exec } = options;
  const followUp =
    exec === null
      ? null
      : new FollowUp(exec, options.cwd, (said) => terminal.err(`error: \`${exec}\` ${said}\n`));
  if (followUp !== null) onInterruption((code) => void followUp.close().then(() => leave(code)));
  // Where nobody reads any more what it says, it would go on unseen.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => interrupt(UNREAD));
  // What is watched may all be gone for a while, and nothing else would keep the process.
  setInterval(() => {}, 2 ** 30);
  let wake: () => void = () => {};
  let changed = new Map<string, "place" | "contents">();
  let running = new AbortController();
  const spareTime = new SpareTime();
  const disk = (await import("../../output/known-files.ts")).knownFiles();
  const outputWatch = new OutputWatch();
  const watcher = await InputWatcher.start((all) => {
    const changes = [...all].filter(([path]) => outputWatch.counts(path));
    if (changes.length === 0) return;
    for (const [path, what] of changes) if (changed.get(path) !== "place") changed.set(path, what);
    // What runs is of the files as they were.
    running.abort();
    wake();
  });
  // What a thread says after nobody waits for it is no reason to end.
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.removeAllListeners(event);
    process.on(event, (error: unknown) => {
      terminal.err(`error[internal]: ${messageOf(error)}\n`);
      changed.set("", "place");
      void pipeline.watching.renew().then(() => wake());
    });
  }
  let last = "";
  /** What was written last. */
  let output: OutputPlan | null = null;
  /** Whether what was followed last only put back what somebody, perhaps what follows, had removed. */
  let isPutBack = false;
  let retry = RETRY_MS;
  /** What the configuration said in the last round, as long as nothing but SQL has changed. */
  let known: LoadedConfig | null = null;
  for (let isFirst = true; ; isFirst = false) {
    const changes = changed;
    changed = new Map();
    running = new AbortController();
    spareTime.end();
    const started = performance.now();
    const edited = known && editedSql(changes, known);
    if (edited === null) known = null;
    if (isOfPackages(changes)) await pipeline.watching.renew();
    else await pipeline.watching.refresh(edited);
    const round: Generated | null = await runOnce(pipeline, options, running.signal, {
      known,
      disk,
      output,
      follows: followUp !== null,
    }).catch(async (error: unknown) => {
      if (running.signal.aborted) return null;
      // Whatever was open may be the reason.
      await pipeline.watching.renew();
      return failed(error, options.cwd);
    });
    if (round !== null) {
      known = round.config;
      const folders = outputWatch.follow(round, output);
      const inputs = { ...round.inputs, folders: [...new Set([...round.inputs.folders, ...folders])] };
      // What changed between being read and being watched shows when it is read again.
      if (await watcher.use(inputs, round.written === null)) changed.set("", "place");
      const diagnostics = [...round.diagnostics, ...(watcher.problem === null ? [] : [watcher.problem])];
      const { written }: Generated = round;
      const isNew = written !== null && [...written.wanted, ...written.leftover].some(isChange);
      // Files that were only touched, or that nothing is made of, change no screen.
      const shown = JSON.stringify([round.inputs.revision, diagnostics, written === null]);
      if (isFirst || isNew || shown !== last)
        await showRound(
          { ...round, diagnostics, milliseconds: performance.now() - started },
          terminal,
          options.quiet,
        );
      last = shown;
      if (written !== null && (isFirst || isNew)) {
        const isAgain = output !== null && onlyPutsBack(written, output);
        if (!isAgain || !isPutBack) void followUp?.run();
        isPutBack = isAgain;
      }
      if (written !== null) output = written;
      spareTime.leave(round.later);
      if (changed.size === 0) void pipeline.watching.standBy(round.loaded).catch(() => {});
    }
    if (changed.size === 0) {
      spareTime.begin();
      // That a disk has room again, or a server answers, nobody tells.
      const isWaiting = round !== null && (round.isUnwritable || round.diagnostics.some(isOfServer));
      retry = isWaiting && changes.size === 0 ? Math.min(2 * retry, LATEST_RETRY_MS) : RETRY_MS;
      const again = isWaiting ? setTimeout(() => wake(), retry) : null;
      await new Promise<void>((done) => {
        wake = done;
      });
      if (again !== null) clearTimeout(again);
    }
  }
}

const isOfPackages = (changes: Changes): boolean =>
  [...changes.keys()].some((path) => /[/\\]node_modules(?:[/\\]|$)/.test(path));

/** Gives the files of which the text alone changed, where all that changed is such, and SQL; null where anything else may be another. */
function editedSql(changes: Changes, { file }: LoadedConfig): ReadonlySet<string> | null {
  const isSql = ([path, what]: readonly [string, string]): boolean =>
    what === "contents" && path.endsWith(".sql") && path !== file;
  return changes.size > 0 && !isOfPackages(changes) && [...changes].every(isSql)
    ? new Set(changes.keys())
    : null;
}

interface Generated extends Omit<Round, "milliseconds"> {
  /** What the configuration says, where it could be read. */
  readonly config: LoadedConfig | null;
  /** The same with the entries alone of which something is made; null where there are none. */
  readonly loaded: LoadedConfig | null;
  /** What keeps the results for later runs. */
  readonly later: readonly (() => Promise<void>)[];
  readonly inputs: Awaited<ReturnType<Pipeline["watching"]["inputs"]>>;
  /** What was to be written, where that was found. */
  readonly plan?: OutputPlan;
  /** Whether the disk refused it. */
  readonly isUnwritable?: boolean;
}

const isOfServer = ({ code, severity }: Diagnostic): boolean =>
  severity === "error" && code.startsWith("database-");

const isChange = ({ kind }: { readonly kind: string }): boolean => kind !== "unchanged";

interface Before {
  readonly known: LoadedConfig | null;
  readonly disk: FileSystem;
  /** What was written last. */
  readonly output: OutputPlan | null;
  /** Whether a follow-up may have made something else of it. */
  readonly follows: boolean;
}

async function runOnce(
  pipeline: Pipeline,
  options: WatchOptions,
  signal: AbortSignal,
  { known, disk, output, follows }: Before,
): Promise<Generated> {
  const result = known === null ? await load(pipeline, options) : { ok: true as const, loaded: known };
  if (!result.ok) {
    const { diagnostics, root } = result;
    const folder = options.config === undefined ? options.cwd : dirname(resolve(options.cwd, options.config));
    const inputs = { folders: [folder], trees: [], revision: "" };
    return { diagnostics, root, config: null, loaded: null, written: null, queries: 0, inputs, later: [] };
  }
  const { loaded } = result;
  const { root } = loaded;
  const targeted = withTarget(loaded);
  const later: (() => Promise<void>)[] = [];
  const common = { root, config: loaded, loaded: targeted, later };
  if (targeted === null) {
    const inputs = await pipeline.watching.inputs(loaded);
    return { ...common, diagnostics: [noTarget(loaded)], written: null, queries: 0, inputs };
  }
  const { queries, plan: found } = await prepare(pipeline, targeted, {
    cache: options.cache,
    disk,
    signal,
    keepLater: (work) => later.push(work),
  });
  const plan = follows && output !== null ? withoutRepeats(found, output) : found;
  const problem = exitCodeOf(plan.diagnostics) === EXIT.fine ? await write(plan, root) : null;
  const diagnostics: readonly Diagnostic[] = problem === null ? plan.diagnostics : [problem];
  const written = exitCodeOf(diagnostics) === EXIT.fine ? plan : null;
  const inputs = await pipeline.watching.inputs(targeted);
  return { ...common, diagnostics, written, queries, inputs, plan, isUnwritable: problem !== null };
}

/** Tells whether nothing is written but what was written before and has gone. */
function onlyPutsBack({ wanted, leftover }: OutputPlan, { wanted: before }: OutputPlan): boolean {
  const known = new Map(before.map(({ path, contents }) => [path, contents]));
  return (
    leftover.length === 0 &&
    wanted
      .filter(isChange)
      .every(({ kind, path, contents }) => kind === "create" && known.get(path) === contents)
  );
}

/** Leaves a file as a formatter has made it, as long as the same is wanted of it: the two would go on for ever. */
function withoutRepeats(plan: OutputPlan, { wanted: before }: OutputPlan): OutputPlan {
  const written = new Map(before.map(({ path, contents }) => [path, contents]));
  const isRepeat = ({ kind, path, contents }: WantedFile): boolean =>
    kind === "update" && written.get(path) === contents;
  return {
    ...plan,
    wanted: plan.wanted.map((file) => (isRepeat(file) ? { ...file, kind: "unchanged" } : file)),
  };
}

/** Writes what kept the output from being written, or null. */
async function write(plan: OutputPlan, root: string): Promise<Diagnostic | null> {
  const { writeOutput } = await import("../../output/write.ts");
  try {
    await writeOutput(plan);
    return null;
  } catch (error) {
    return unwritable(error, root);
  }
}

function failed(error: unknown, cwd: string): Generated {
  const diagnostic: Diagnostic = { code: "internal-error", severity: "error", message: messageOf(error) };
  const inputs = { folders: [cwd], trees: [], revision: "" };
  return {
    diagnostics: [diagnostic],
    root: cwd,
    config: null,
    loaded: null,
    written: null,
    queries: 0,
    inputs,
    later: [],
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
