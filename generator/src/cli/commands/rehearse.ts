import { readFile } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import type { Rehearsal } from "../../check/rehearse/model.ts";
import { reasonOf } from "../../diagnostics/file-problem.ts";
import { DiagnosticError, UNREADABLE } from "../../model/diagnostic.ts";
import { databaseUrl } from "../database-url.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { onInterruption } from "../interruption.ts";
import type { GlobalOptions } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import { writeWhole } from "../reports.ts";
import { runStep } from "../run-step.ts";
import type { Terminal } from "../terminal.ts";

export interface RehearseCommandOptions extends GlobalOptions {
  readonly against: string | undefined;
  /** A server that may have a database more; null for one that is started here. */
  readonly databaseUrl: string | null;
  readonly sql: string | null;
  /** The role that the application connects as; null for that of the configuration. */
  readonly role: string | null;
  readonly rows: number;
  readonly rate: number;
  /** Seconds before and after the migration. */
  readonly seconds: number;
  /** Seconds that the migration may take. */
  readonly limit: number;
  /** Milliseconds. */
  readonly maxBlocked: number;
  readonly maxFailed: number;
  /** A file for the picture, `.svg` or `.html`. */
  readonly picture: string | null;
  readonly format: "text" | "json";
  readonly cache: boolean;
}

/** Runs the migration on generated rows while the deployed queries run, and shows what they met. */
export async function rehearse(
  pipeline: Pipeline,
  terminal: Terminal,
  options: RehearseCommandOptions,
): Promise<number> {
  const stopping = new AbortController();
  const restore = onInterruption(() => stopping.abort());
  try {
    const ran = await runStep(pipeline, terminal, options, async (loaded, onProgress) => {
      const { sql, cwd } = options;
      return pipeline.rehearse(loaded, {
        ...options,
        uri: options.databaseUrl === null ? null : databaseUrl(options.databaseUrl, loaded, true).uri,
        script: sql === null ? null : await nameScript(resolve(cwd, sql), loaded.root),
        around: options.seconds * 1000,
        limit: options.limit * 1000,
        thresholds: { blocked: options.maxBlocked, failed: options.maxFailed },
        signal: stopping.signal,
        onProgress: (what) => onProgress(0, 0, what),
      });
    });
    if (!ran.ok) return ran.code;
    const { rehearsals, diagnostics } = ran.value;
    const isLeftOut = diagnostics.some(({ code }) => code === "rehearse-left-out");
    await show(rehearsals, isLeftOut, terminal, options);
    await report(diagnostics, ran.loaded.root, terminal, options);
    return exitCodeOf(diagnostics);
  } catch (error) {
    if (stopping.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    restore();
  }
}

/** Names a script as the schema's files are named, once it can be read. */
async function nameScript(path: string, root: string): Promise<string> {
  const name = relative(root, path).replaceAll(sep, "/");
  await readFile(path).catch((error: unknown) => {
    const message = `cannot read ${name}: ${reasonOf(error)}`;
    throw new DiagnosticError([{ code: UNREADABLE, severity: "error", message }]);
  });
  return name;
}

async function show(
  rehearsals: readonly Rehearsal[],
  isLeftOut: boolean,
  terminal: Terminal,
  { format, picture, cwd, reports }: RehearseCommandOptions,
): Promise<void> {
  const { page, picture: draw } = await import("../../check/rehearse/picture.ts");
  const { renderRehearsal } = await import("../../check/rehearse/render.ts");
  if (picture !== null)
    for (const [i, one] of rehearsals.entries()) {
      const path = i === 0 ? picture : picture.replace(/(\.\w+)?$/, `-${i + 1}$1`);
      writeWhole(resolve(cwd, path), /\.html?$/i.test(path) ? page(one) : draw(one));
      terminal.note(`wrote ${path}\n`);
    }
  if (format === "json") return terminal.out(`${JSON.stringify({ version: 1, rehearsals }, null, 2)}\n`);
  if (reports.some(({ file }) => file === null)) return;
  if (rehearsals.length === 0) {
    const why = isLeftOut ? "what is new is nothing that can be" : "the schema is the same";
    return terminal.tell(`there is nothing to rehearse: ${why}\n`);
  }
  await terminal.tell(rehearsals.map(renderRehearsal).join("\n"));
}
