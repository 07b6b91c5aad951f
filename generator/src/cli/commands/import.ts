import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, posix, resolve } from "node:path";
import { CONFIG_NAMES } from "../../config/config-names.ts";
import type { KeptValues } from "../../import/kept-values.ts";
import type { FileChange, ImportPlan } from "../../import/plan.ts";
import type { Tool } from "../../import/tools.ts";
import type { ClientName } from "../../import/typedsql-calls.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { unifiedDiff } from "../../output/unified-diff.ts";
import { count } from "../count.ts";
import { EXIT } from "../exit-codes.ts";
import { schemasOfPackages } from "../init/found-schema.ts";
import { readManifest } from "../init/manifest.ts";
import { packageManagerOf } from "../init/package-manager.ts";
import { lookAround } from "../init/surroundings.ts";
import type { GlobalOptions } from "../load.ts";
import { paintDiff } from "../paint-diff.ts";
import type { Pipeline } from "../pipeline.ts";
import { report } from "../report.ts";
import type { Terminal } from "../terminal.ts";

export interface ImportCommandOptions extends GlobalOptions {
  readonly from?: Tool;
  readonly queries?: string;
  readonly out?: string;
  readonly client?: string;
  readonly write: boolean;
  readonly removeOriginals: boolean;
}

/** Makes a project of another tool's one of ours: shows it as a patch, or writes it. */
export async function importProject(
  pipeline: Pipeline,
  terminal: Terminal,
  options: ImportCommandOptions,
): Promise<number> {
  const { cwd } = options;
  const { filesOf } = await import("../../import/project-files.ts");
  const { readPgtypedConfig } = await import("../../import/pgtyped-config.ts");
  const { keptValues } = await import("../../import/kept-values.ts");
  const { planImport, toolOf } = await import("../../import/plan.ts");
  const places = await placesOf(pipeline, options);
  const files = filesOf(cwd, [".sql", ".ts", ".tsx", ".mts", ".cts"], [places.out]);
  const tool = options.from ?? toolOf(files);
  const client = clientOf(options.client);
  if (tool === null) {
    await report([NOTHING], cwd, terminal, options);
    return EXIT.problems;
  }
  const pgtyped = tool === "pgtyped" ? readPgtypedConfig(filesOf(cwd, pgtypedConfigs(cwd), [])) : null;
  const plan = planImport(files, {
    tool,
    pgtyped,
    queries: places.queries,
    out: places.out,
    client,
    removesOriginals: options.removeOriginals,
  });
  const isOfSlonik = tool === "templates" && [...files.values()].some((text) => FROM_SLONIK.test(text));
  const values = keptValues(tool, isOfSlonik, pgtyped);
  const config =
    places.hasConfig || plan.found === 0 ? [] : configuration(options, places, [...files.keys()], values);
  const changes = [...plan.changes, ...config];
  const diagnostics = config.length === 0 ? plan.diagnostics : [...plan.diagnostics, ...values.problems];
  await report(diagnostics, cwd, terminal, options);
  if (options.write) await write(cwd, changes);
  else await terminal.out(await patch(changes, terminal));
  terminal.note(summary(tool, plan, diagnostics, changes, options, places.hasConfig ? values : null));
  return EXIT.fine;
}

const NOTHING: Diagnostic = {
  code: "import-nothing",
  severity: "error",
  message: "there is nothing here of pgtyped, TypedSQL, slonik, SafeQL or pg",
  hint: "Name the tool with --from, and the folder with -C.",
};

interface Places {
  readonly queries: string;
  readonly out: string;
  readonly hasConfig: boolean;
}

/** Finds where the configuration has its queries and its output, if there is one. */
async function placesOf(
  pipeline: Pipeline,
  { config, cwd, queries, out }: ImportCommandOptions,
): Promise<Places> {
  const hasConfig = (config === undefined ? CONFIG_NAMES : [config]).some((name) =>
    existsSync(resolve(cwd, name)),
  );
  const [first] = hasConfig ? (await pipeline.loadConfig(config, cwd)).config.querySets : [];
  const listed = first?.queries[0];
  const folder =
    listed?.endsWith(".sql") === true || listed?.includes("*") === true ? posix.dirname(listed) : listed;
  const around = lookAround(cwd, "");
  return {
    queries: plain(queries ?? folder ?? "db/queries"),
    out: plain(out ?? first?.typescript?.out ?? around.out),
    hasConfig,
  };
}

const plain = (path: string): string => path.replaceAll("\\", "/").replace(/^\.\//, "").replace(/\/+$/, "");

/** `pool from ./src/pool` */
function clientOf(text: string | undefined): ClientName | null {
  if (text === undefined) return null;
  const [name = "", module] = text.split(/\s+from\s+/);
  return {
    name: name.trim(),
    module: module === undefined ? null : plain(module.trim()).replace(/\.[jt]s$/, ""),
  };
}

/** Finds where a package of a workspace keeps its schema, if one alone does. */
function schemaOfPackages(cwd: string, files: readonly string[]): string | undefined {
  const folders = new Set<string>();
  for (const file of files)
    for (let at = posix.dirname(file); at !== "." && !folders.has(at); at = posix.dirname(at))
      folders.add(at);
  const found = schemasOfPackages(cwd, folders).flatMap(({ schema }) => schema ?? []);
  return found.length === 1 ? found[0] : undefined;
}

const FROM_SLONIK = /from\s+["']slonik["']/;

/** Gives the ends of paths that may be pgtyped's configuration: those that its pages name, and what scripts hand to it. */
function pgtypedConfigs(cwd: string): string[] {
  const scripts = Object.values(readManifest(cwd)?.scripts ?? {}).join("\n");
  const said = [...scripts.matchAll(/\bpgtyped\b[^\n]*?(?:-c|--config)[ =]+["']?([^\s"']+)/g)].map(
    ([, path]) => plain(path!),
  );
  const usual = ["json", "js", "cjs", "mjs", "ts"].map((ending) => `pgtyped.config.${ending}`);
  return [...said, ...usual, "pgtyped.json", ".pgtypedrc.json", "config.json"];
}

/** A configuration under which values are what the tool gave, with what it refers to. */
function configuration(
  options: ImportCommandOptions,
  { queries, out }: Places,
  files: readonly string[],
  { of, options: lines, functions }: KeptValues,
): FileChange[] {
  const around = lookAround(options.cwd, options.version);
  const schema = around.schema.found?.path ?? schemaOfPackages(options.cwd, files);
  const where =
    schema === undefined
      ? '    # No schema was found: name it here (`schema: db/migrations`), or the server that has it.\n    database: { uri: "${DATABASE_URL}" }\n'
      : `    schema: ${schema}\n`;
  const config = {
    path: "sqlc.yaml",
    before: null,
    after: `# yaml-language-server: $schema=${around.configSchema}
version: "2"
sql:
  - engine: postgresql
${where}    queries: ${queries}
    gen:
      typescript:
        out: ${out}
        # As ${of}.
${lines.map((line) => `        ${line}\n`).join("")}`,
  };
  if (functions === null) return [config];
  const path = posix.join(posix.dirname(out), functions.file);
  if (existsSync(resolve(options.cwd, path))) return [config];
  return [config, { path, before: null, after: functions.text }];
}

const NAMES: Readonly<Record<Tool, string>> = {
  pgtyped: "pgtyped",
  typedsql: "TypedSQL",
  templates: "pg",
};

async function patch(changes: readonly FileChange[], { outColor }: Terminal): Promise<string> {
  const parts: string[] = [];
  for (const { path, before, after } of changes) {
    const from = before === null ? "/dev/null" : `a/${path}`;
    const to = after === null ? "/dev/null" : `b/${path}`;
    parts.push(await unifiedDiff(from, to, before ?? "", after ?? ""));
  }
  const whole = parts.join("");
  return outColor ? paintDiff(whole) : whole;
}

/** Writes what is new first; what goes, goes last. */
async function write(root: string, changes: readonly FileChange[]): Promise<void> {
  for (const { path, after } of changes) {
    if (after === null) continue;
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), after);
  }
  // Not where somebody has written to it meanwhile.
  for (const { path, before, after } of changes)
    if (after === null && (await readFile(join(root, path), "utf8")) === before) await rm(join(root, path));
}

/** @param values what the configuration that is there would have to say */
function summary(
  tool: Tool,
  { added, found }: ImportPlan,
  diagnostics: readonly Diagnostic[],
  changes: readonly FileChange[],
  { cwd, write: isWritten }: ImportCommandOptions,
  values: KeptValues | null,
): string {
  const left = (code: string): number => diagnostics.filter((one) => one.code === code).length;
  const lines = [
    `${NAMES[tool]}: ${count(added, "query", "queries")} to add of ${found} found, ${count(changes.length, "file")} ${isWritten ? "changed" : "to change"}`,
  ];
  const [kept, calls] = [left("import-unconverted"), left("import-call-site")];
  if (kept > 0) lines.push(`${kept} left as ${kept === 1 ? "it is" : "they are"}: see above`);
  if (calls > 0) lines.push(`${count(calls, "call")} to rewrite by hand: see above`);
  if (values !== null && added > 0) {
    const plainOnes = values.options.filter((line) => !/^ |^overrides:/.test(line));
    lines.push(`for the types that ${NAMES[tool]} gave, its options are: ${plainOnes.join(", ")}`);
  }
  const { exec } = packageManagerOf(cwd);
  lines.push(isWritten ? `now run: ${exec} solitude-gen generate` : "nothing was written: --write does it");
  return `${lines.join("\n")}\n`;
}
