import { styleText } from "node:util";
import { toJsonDiagnostics } from "../../diagnostics/json.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { examineCache } from "../doctor/cache.ts";
import type { Examination } from "../doctor/examination.ts";
import { examineInstallation } from "../doctor/installation.ts";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { type GlobalOptions, load } from "../load.ts";
import type { Pipeline } from "../pipeline.ts";
import { readTextIn } from "../read-text.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";

export interface DoctorOptions extends GlobalOptions {
  readonly json: boolean;
}

/** Says what is wrong with all that the other commands stand on, each with how to mend it. */
export async function doctor(
  pipeline: Pipeline,
  terminal: Terminal,
  options: DoctorOptions,
): Promise<number> {
  const result = await load(pipeline, options);
  const root = result.ok ? result.loaded.root : result.root;
  const made: Examination[] = [examineInstallation(options.version, root)];
  made.push({
    name: "configuration",
    detail: result.ok ? result.loaded.file : "cannot be used",
    findings: result.ok ? result.loaded.diagnostics : result.diagnostics,
  });
  const surroundings = await import("../doctor/surroundings.ts");
  if (result.ok) {
    const { openProject } = await import("../../project/node-host.ts");
    const project = openProject(result.loaded, { cache: false });
    made.push(await surroundings.examineFiles(project));
    made.push(await surroundings.examineExtensions(project));
    const plugins = (await import("../doctor/plugins.ts")).examinePlugins(project);
    if (plugins !== null) made.push(plugins);
    const servers = await surroundings.examineServers(project);
    if (servers !== null) made.push(servers);
  }
  made.push(await examineCache(pipeline.cacheFolder(root)));
  made.push(await surroundings.examineEngine(root));
  made.push(surroundings.examineGit(root));
  const findings = made.flatMap((one) => one.findings);
  await show(made, findings, root, terminal, options);
  // An engine that does not start is what is found here, and no failure of this command.
  return exitCodeOf(findings) === EXIT.fine ? EXIT.fine : EXIT.problems;
}

async function show(
  made: readonly Examination[],
  findings: readonly Diagnostic[],
  root: string,
  terminal: Terminal,
  options: DoctorOptions,
): Promise<void> {
  if (options.json) {
    const examinations = made.map((one) => ({ name: one.name, status: statusOf(one), detail: one.detail }));
    const document = { version: 1, examinations, findings: toJsonDiagnostics(findings, readTextIn(root)) };
    await terminal.out(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  // Standard output is the report's where one goes there.
  if (options.reports.every(({ file }) => file !== null)) {
    const width = Math.max(...made.map(({ name }) => name.length));
    for (const one of made) {
      const { mark, color } = MARKS[statusOf(one)];
      const painted = terminal.outColor ? styleText(color, mark) : mark;
      await terminal.tell(`  ${painted} ${one.name.padEnd(width)}  ${one.detail}\n`);
    }
  }
  await report(findings, root, terminal, options);
}

const MARKS = {
  fine: { mark: "✔", color: "green" },
  warning: { mark: "!", color: "yellow" },
  error: { mark: "✘", color: "red" },
} as const;

function statusOf({ findings }: Examination): keyof typeof MARKS {
  const has = (severity: Diagnostic["severity"]): boolean =>
    findings.some((one) => one.severity === severity);
  return has("error") ? "error" : has("warning") ? "warning" : "fine";
}
