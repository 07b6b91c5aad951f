import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Overlooked } from "../../check/findings/overlook.ts";
import type { OutsideTransactions } from "../../check/migrations/transaction-mode.ts";
import type { SchemaDiff } from "../../check/schema/diff.ts";
import type { DiffAgainst } from "../../check/schema/diff-against.ts";
import { byHand, unwritten } from "../../check/schema/report/by-hand.ts";
import type { DiffDocument } from "../../check/schema/report/document.ts";
import { toJsonDiagnostics } from "../../diagnostics/json.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { type BaselineOptions, tellWritten, throughBaseline } from "../baseline.ts";
import { EXIT, type ExitCode, exitCodeOf, type FailOn, failsFrom } from "../exit-codes.ts";
import { collecting, type GlobalOptions, load } from "../load.ts";
import type { LoadedConfig, Pipeline } from "../pipeline.ts";
import { startProgress } from "../progress.ts";
import { readTextIn } from "../read-text.ts";
import { reportPretty } from "../report.ts";
import { writeReports } from "../reports.ts";
import { stopCode } from "../run-step.ts";
import type { Terminal } from "../terminal.ts";

export type SqlForm = "online" | "transaction";

export interface DiffCommandOptions extends GlobalOptions, BaselineOptions {
  readonly against: string | undefined;
  readonly json: boolean;
  /** True for standard output, else the file to write; false for none. */
  readonly sql: string | boolean;
  /** How statements are written: for one transaction, or so that tables stay in use; null for what the project's tool can run. */
  readonly form: SqlForm | null;
  readonly allowDestructive: boolean;
  readonly exitCode: boolean;
  /** From which severity of a change on to fail; null for never. */
  readonly failOn: FailOn | null;
  readonly cache: boolean;
}

/** Prints what differs between the schema and another; where nothing else is asked, also whether the generated code is stale. */
export async function diff(
  pipeline: Pipeline,
  terminal: Terminal,
  options: DiffCommandOptions,
): Promise<number> {
  const result = await load(pipeline, options);
  if (!result.ok) {
    await finish({ base: "", diffs: [], diagnostics: result.diagnostics }, [], [], result, terminal, options);
    return EXIT.usage;
  }
  const { loaded } = result;
  let stopped: ExitCode | null = null;
  const progress = startProgress(terminal, "comparing the schemas");
  const { found, changes } = await collecting(
    () => compare(pipeline, loaded, options),
    (diagnostics) => {
      stopped = stopCode(diagnostics);
      return { found: { base: "", diffs: [], diagnostics }, changes: NO_CHANGES };
    },
  ).finally(progress.stop);
  const refused = options.sql === false ? [] : found.diffs.flatMap((one) => refusals(one, options));
  const outside = (): Promise<OutsideTransactions> => outsideTransactions(pipeline, loaded, options);
  await finish(found, refused, changes.diagnostics, { root: loaded.root, outside }, terminal, options);
  tellWritten(changes.written, terminal);
  if (stopped !== null) return stopped;
  const code = exitCodeOf([...found.diagnostics, ...refused]);
  if (code !== EXIT.fine) return code;
  if (options.failOn !== null) {
    const failing = failsFrom(changes.diagnostics, options.failOn);
    if (failing !== EXIT.fine) return failing;
  }
  if (isAsInSqlc(options) && (await isStale(pipeline, loaded, terminal, options))) return EXIT.problems;
  const differs = found.diffs.some((one) => one.changes.length > 0);
  return options.exitCode && differs ? EXIT.problems : EXIT.fine;
}

/** Without an option it may be meant as sqlc's command of that name, which fails for generated code that is stale. */
function isAsInSqlc({ against, json, sql, exitCode, failOn }: DiffCommandOptions): boolean {
  return against === undefined && !json && sql === false && !exitCode && failOn === null;
}

async function isStale(
  pipeline: Pipeline,
  loaded: LoadedConfig,
  terminal: Terminal,
  options: DiffCommandOptions,
): Promise<boolean> {
  const { checkOutput } = await import("./generate.ts");
  const problems = await checkOutput(pipeline, loaded, { cache: options.cache, onProgress: () => {} });
  const stale = (problems ?? []).filter(({ code }) => code === "output-stale");
  if (stale.length > 0) await reportPretty(stale, loaded.root, terminal, options);
  return stale.length > 0;
}

const NO_CHANGES: Overlooked = { diagnostics: [], written: null };

/** The difference, and a finding for each change that the baseline does not have. */
async function compare(
  pipeline: Pipeline,
  loaded: LoadedConfig,
  options: DiffCommandOptions,
): Promise<{ found: DiffAgainst; changes: Overlooked }> {
  const found = await pipeline.diff(options.against, loaded, options.cwd, {
    cache: options.cache,
    migration: options.sql === false ? "none" : "online",
  });
  const { changeFindings } = await import("../../check/schema/report/findings.ts");
  const changes = await throughBaseline(found.diffs.flatMap(changeFindings), ["diff"], loaded, options);
  return { found, changes };
}

/** Says why a migration is not written. */
function refusals(diff: SchemaDiff, { allowDestructive }: DiffCommandOptions): Diagnostic[] {
  const { changes, migration } = diff;
  const spanOf = (key: string): Pick<Diagnostic, "span"> => {
    const change = changes.find(({ before, after }) => (after ?? before)?.key === key);
    return change?.origin?.side === "head" ? { span: change.origin.span } : {};
  };
  return [
    ...(migration?.unsupported ?? []).map((object): Diagnostic => {
      const { message, span } = unwritten(object, diff);
      return {
        code: "diff-unsupported",
        severity: "error",
        message,
        hint: `${byHand(object)} \`solitude-gen diff\` without --sql shows what changes.`,
        ...(span !== undefined && { span }),
      };
    }),
    ...(allowDestructive ? [] : (migration?.statements ?? [])).flatMap(
      ({ destroys, object, sql, note }): Diagnostic[] =>
        destroys === null
          ? []
          : [
              {
                code: "diff-destructive",
                severity: "error",
                message: `the migration would delete ${destroys}: ${sql}`,
                hint: `${note === null ? "" : `${note[0]!.toUpperCase()}${note.slice(1)}. `}If it may go, run again with --allow-destructive.`,
                ...spanOf(object),
              },
            ],
    ),
  ];
}

async function finish(
  { base, diffs, diagnostics }: DiffAgainst,
  refused: readonly Diagnostic[],
  changes: readonly Diagnostic[],
  { root, outside }: { readonly root: string; readonly outside?: () => Promise<OutsideTransactions> },
  terminal: Terminal,
  options: DiffCommandOptions,
): Promise<void> {
  const all = [...diagnostics, ...refused];
  const isRefused = exitCodeOf(all) !== EXIT.fine;
  if (options.json) {
    const { diffedSchema } = await import("../../check/schema/report/document.ts");
    const document: DiffDocument = {
      version: 1,
      base,
      schemas: diffs.map(diffedSchema),
      diagnostics: toJsonDiagnostics(all, readTextIn(root)),
    };
    await terminal.out(`${JSON.stringify(document, null, 2)}\n`);
  } else if (options.sql !== true && !options.reports.some(({ file }) => file === null)) {
    await showDiffs(diffs, terminal);
  }
  // People have been shown the changes; only what makes the command fail is told again.
  const failing =
    options.failOn === null || isRefused
      ? []
      : changes.filter(({ severity }) => severity === "error" || severity === options.failOn);
  await writeReports(isRefused ? all : [...all, ...changes], root, terminal, options);
  await reportPretty([...all, ...failing], root, terminal, options);
  if (isRefused) {
    if (options.sql !== false) terminal.note("no migration was written\n");
    return;
  }
  if (options.sql !== false && !(options.json && options.sql === true)) {
    await writeSql(diffs, base, outside ?? null, terminal, options);
  }
  await summarize(diffs, base, terminal);
}

async function showDiffs(diffs: readonly SchemaDiff[], terminal: Terminal): Promise<void> {
  const { renderDiff } = await import("../../check/schema/report/text.ts");
  const blocks = diffs.map((one) => renderDiff(one, { color: terminal.outColor }));
  await terminal.out(blocks.filter((text) => text !== "").join("\n"));
}

/** Tells how the project's migration tool is told to use no transaction, by the migrations that there are. */
async function outsideTransactions(
  pipeline: Pipeline,
  loaded: LoadedConfig,
  { cache }: DiffCommandOptions,
): Promise<OutsideTransactions> {
  const { outsideTransactions: by } = await import("../../check/migrations/transaction-mode.ts");
  const schema = await pipeline.readSchema(loaded, { cache });
  return by(schema, loaded.config.vet.options.transaction);
}

async function writeSql(
  diffs: readonly SchemaDiff[],
  base: string,
  readOutside: (() => Promise<OutsideTransactions>) | null,
  terminal: Terminal,
  options: DiffCommandOptions,
): Promise<void> {
  const { sql, cwd, form } = options;
  const { renderMigration, renderOnline } = await import("../../check/schema/sql/render.ts");
  const outside = form === "transaction" ? null : ((await readOutside?.()) ?? null);
  const text = diffs
    .map(({ migration, querySets }) => {
      const which = diffs.length > 1 ? ` (query set ${querySets.join(", ")})` : "";
      const header = [`From ${base} to the schema as it is now${which}; written by solitude-gen diff.`];
      const { online } = migration!;
      if (online === null || outside === null) return renderMigration(migration!, header);
      if (outside.refusedBy === null) return renderOnline(online, header, outside.head);
      const why = `${outside.refusedBy} runs the file in a transaction: it locks tables in use for as long as it takes. --sql-form online writes it for outside of one.`;
      return form === "online"
        ? renderOnline(online, header, "")
        : renderMigration(migration!, [...header, why]);
    })
    .join("\n");
  if (typeof sql !== "string") return terminal.out(text);
  const path = resolve(cwd, sql);
  const { temporaryPath } = await import("../../output/temporary-file.ts");
  const { rename } = await import("node:fs/promises");
  const temporary = temporaryPath(path);
  await writeFile(temporary, text);
  await rename(temporary, path);
  terminal.note(`wrote ${sql}\n`);
}

async function summarize(diffs: readonly SchemaDiff[], base: string, terminal: Terminal): Promise<void> {
  const { countChanges } = await import("../../check/schema/report/text.ts");
  const counts = countChanges(diffs.flatMap(({ changes }) => changes));
  terminal.note(counts === "" ? `no difference to ${base}\n` : `${counts} since ${base}\n`);
}
