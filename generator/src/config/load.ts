import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { encodingFault, encodingProblem } from "../diagnostics/encoding-problem.ts";
import { reasonOf } from "../diagnostics/file-problem.ts";
import { mergeProblem } from "../diagnostics/merge-problem.ts";
import { nearest } from "../diagnostics/suggestion.ts";
import { type Diagnostic, DiagnosticError } from "../model/diagnostic.ts";
import { readCiConfig } from "./ci-config.ts";
import type { Config, PluginRun, PluginTarget, QuerySetConfig, TypeScriptTarget } from "./config.ts";
import { ConfigDocument, type Path } from "./config-document.ts";
import { CONFIG_NAMES } from "./config-names.ts";
import { configVersion1, configVersion2 } from "./config-schema.ts";
import { type Environment, expandVariables } from "./environment.ts";
import type { TypeScriptOptions } from "./options/typescript.ts";
import { jsonTarget, type Plugin, pluginRun } from "./plugins.ts";
import { problemsOf } from "./problems.ts";
import { readsAsTypescript } from "./typescript-plugin.ts";
import { readVetConfig } from "./vet-config.ts";

export interface LoadedConfig {
  readonly config: Config;
  /** The absolute path of the configuration file. */
  readonly file: string;
  /** Its folder, which every path in it is relative to. */
  readonly root: string;
  /** What is worth saying of a configuration that works: entries left out, unset environment variables. */
  readonly diagnostics: readonly Diagnostic[];
  /**
   * For a copy of the project as it was at another commit: the project's own folder, whose cache and extension packages
   * serve it as well.
   */
  readonly home?: string;
}

/** Finds a file of the folder whose name was probably meant as that of a configuration. */
function misnamed(path: string | undefined, cwd: string): string | null {
  const folder = path === undefined ? cwd : dirname(resolve(cwd, path));
  const files = existsSync(folder)
    ? readdirSync(folder).filter((name) => /\.(?:ya?ml|json)$/i.test(name))
    : [];
  if (path !== undefined) {
    const found = nearest(basename(path), files, 4);
    return found === null ? null : `There is "${found}".`;
  }
  const found = files.find((name) => /^\W?(?=\w*s)\w*q/i.test(name) && nearest(name, CONFIG_NAMES) !== null);
  return found === undefined
    ? null
    : `There is "${found}": call it \`sqlc.yaml\`, or name it: \`-f ${found}\`.`;
}

/** Finds where a configuration is that was probably meant: in a folder above, or one below that is made for such files. */
function elsewhere(path: string | undefined, cwd: string): string | null {
  const names = path === undefined ? CONFIG_NAMES : [basename(path)];
  const folders = [...PLACES];
  for (let up = ".."; ; up = `../${up}`) {
    folders.push(up);
    const folder = resolve(cwd, up);
    if (dirname(folder) === folder || existsSync(join(folder, ".git"))) break;
  }
  for (const folder of folders) {
    const found = names.find((name) => existsSync(resolve(cwd, folder, name)));
    if (found !== undefined) return `There is one: \`-f ${folder}/${found}\`, or \`-C ${folder}\`.`;
  }
  return null;
}

const PLACES = ["config", "configs", ".config", "conf", "db", "database", "sql"];

const OTHER_ENGINES = new Set(["mysql", "sqlite", "clickhouse", "googlesql", "mssql"]);

/**
 * Reads the configuration: the file named, else the `sqlc.yaml`, `sqlc.yml` or `sqlc.json` of the folder.
 * Throws a DiagnosticError with everything that is wrong with it.
 */
export async function loadConfig(
  path: string | undefined,
  cwd: string,
  environment: Environment = process.env,
): Promise<LoadedConfig> {
  const { file, text } = await read(path, cwd);
  const loaded = await readConfig(file, text, environment);
  return { ...loaded, diagnostics: [...loaded.diagnostics, ...(path === undefined ? besides(file) : [])] };
}

/** Says of another configuration of sqlc's in a folder that it is not read. */
function besides(file: string): Diagnostic[] {
  const own = CONFIG_NAMES.filter((name) => name.startsWith("sqlc."));
  if (!own.includes(basename(file))) return [];
  const other = own.find((name) => name !== basename(file) && existsSync(join(dirname(file), name)));
  if (other === undefined) return [];
  return [
    {
      code: "config-several",
      severity: "warning",
      message: `${other} is not read: ${basename(file)} lies beside it`,
      hint: "sqlc refuses two of them in a folder: remove one, or name the other by `-f`.",
      span: { file: basename(file), start: 0, end: 0 },
    },
  ];
}

/**
 * Reads the text of a configuration.
 * @param file its absolute path
 */
export async function readConfig(
  file: string,
  text: string,
  environment: Environment = process.env,
): Promise<LoadedConfig> {
  const document = new ConfigDocument(basename(file), text);
  // What the parser says after the first follows from it.
  if (document.diagnostics.length > 0) throw new DiagnosticError(document.diagnostics.slice(0, 1));
  const root = dirname(file);
  const { config, diagnostics } = parseConfig(document, environment);
  const querySets = await Promise.all(
    config.querySets.map(async (set) => ({
      ...set,
      typescript: await inItsProject(set.typescript, root),
    })),
  );
  return { config: { ...config, querySets }, diagnostics, file, root };
}

async function read(path: string | undefined, cwd: string): Promise<{ file: string; text: string }> {
  for (const name of path === undefined ? CONFIG_NAMES : [path]) {
    const file = resolve(cwd, name);
    try {
      const bytes = await readFile(file);
      const text = bytes.toString("utf8");
      const fault = encodingFault(bytes, text);
      const problem = fault ? encodingProblem(name, fault) : mergeProblem(name, text);
      if (problem) throw new DiagnosticError([problem]);
      return { file, text };
    } catch (error) {
      if (error instanceof DiagnosticError) throw error;
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENOENT" || code === "ENOTDIR") continue;
      const message = `cannot read ${file}: ${reasonOf(error)}`;
      throw new DiagnosticError([{ code: "config-unreadable", severity: "error", message }]);
    }
  }
  throw new DiagnosticError([
    {
      code: "config-missing",
      severity: "error",
      message:
        path === undefined
          ? `no ${CONFIG_NAMES.join(", ")} in ${cwd}`
          : `no configuration file ${join(path)}`,
      hint: misnamed(path, cwd) ?? elsewhere(path, cwd) ?? "`solitude-gen init` writes one.",
    },
  ]);
}

function parseConfig(
  document: ConfigDocument,
  environment: Environment,
): { config: Config; diagnostics: Diagnostic[] } {
  const value = document.value();
  const version = String((value as { version?: unknown } | null | undefined)?.version ?? "");
  const fail = (code: string, message: string, hint: string): never => {
    throw new DiagnosticError([
      { code, severity: "error", message, hint, span: document.valueSpan(["version"]) },
    ]);
  };
  if (version === "") return fail("config-version", "no version number", 'Write `version: "2"`.');
  if (version !== "1" && version !== "2") {
    return fail("config-version", `invalid version number: ${version}`, 'The versions are "1" and "2".');
  }
  const reader = new EntryReader(document, environment);
  const entries = version === "1" ? reader.version1(value) : reader.version2(value);
  const querySets = entries.filter((entry) => entry !== null);
  if (reader.fatal.length > 0 || querySets.length === 0) {
    // With nothing left, what would be a warning beside other entries is the reason of the failure.
    const left = querySets.length === 0 ? reader.diagnostics.map(asError) : reader.diagnostics;
    const all = [...reader.fatal, ...left];
    throw new DiagnosticError(all.sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0)));
  }
  const vet = readVetConfig(document, value);
  const ci = readCiConfig(document, value);
  return { config: { version, querySets, vet, ci }, diagnostics: reader.diagnostics };
}

function asError(diagnostic: Diagnostic): Diagnostic {
  return diagnostic.severity === "warning"
    ? { ...diagnostic, severity: "error", message: `no entry for PostgreSQL: ${diagnostic.message}` }
    : diagnostic;
}

interface Entry {
  readonly name?: string | undefined;
  readonly engine?: string | undefined;
  readonly schema?: string | string[] | undefined;
  readonly queries?: string | string[] | undefined;
  readonly database?: { uri?: string | undefined } | undefined;
  readonly strict_function_checks?: boolean | undefined;
  readonly strict_order_by?: boolean | undefined;
  readonly rules?: string[] | undefined;
  readonly gen?:
    | {
        typescript?: ({ out: string } & TypeScriptOptions) | undefined;
        json?: { out: string; filename?: string | undefined; indent?: string | undefined } | undefined;
      }
    | undefined;
  readonly codegen?: PluginTarget[] | undefined;
}

type Target = { out: string } & TypeScriptOptions;
/** What stands under `options`: for the only entry, or for several. */
type Aside = Target | (Target & { readonly entry: string | number })[] | undefined;

function targetOf(target: Target | undefined): TypeScriptTarget | null {
  if (target === undefined) return null;
  const { out, ...options } = target;
  return { out, options };
}

/** The target, with what the project around its folder decides. */
async function inItsProject(target: TypeScriptTarget | null, root: string): Promise<TypeScriptTarget | null> {
  if (target?.options.import_extension !== "auto") return target;
  const { importExtensionFor } = await import("./import-extension.ts");
  const import_extension = importExtensionFor(resolve(root, target.out));
  return { ...target, options: { ...target.options, import_extension }, isInProject: true };
}

class EntryReader {
  readonly fatal: Diagnostic[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #document: ConfigDocument;
  readonly #environment: Environment;
  #schemaVariables: Readonly<Record<string, string>> = {};
  #aside: Aside;
  /** The entries that one of a list was found for. */
  readonly #asked = new Set<string | number>();
  #plugins: readonly Plugin[] = [];
  #options: Readonly<Record<string, unknown>> = {};
  #targetVersion: number | null = null;

  constructor(document: ConfigDocument, environment: Environment) {
    this.#document = document;
    this.#environment = environment;
  }

  version1(value: unknown): (QuerySetConfig | null)[] {
    const parsed = configVersion1.safeParse(value);
    if (!parsed.success) {
      this.fatal.push(...problemsOf(parsed.error.issues, configVersion1, this.#document));
      return [];
    }
    this.#targetVersion = parsed.data.vet?.target_version ?? null;
    return parsed.data.packages.map((entry, i) => this.#read(entry as Entry, i, ["packages", i]));
  }

  version2(value: unknown): (QuerySetConfig | null)[] {
    const parsed = configVersion2.safeParse(value);
    if (!parsed.success) {
      this.fatal.push(...problemsOf(parsed.error.issues, configVersion2, this.#document));
      return [];
    }
    const ours = parsed.data.options?.["solitude-gen"];
    const own = ours?.schema_variables ?? {};
    this.#aside = ours?.typescript as Aside;
    this.#plugins = parsed.data.plugins ?? [];
    this.#options = parsed.data.options ?? {};
    this.#targetVersion =
      ours?.target_version ?? ours?.vet?.target_version ?? parsed.data.vet?.target_version ?? null;
    this.#schemaVariables = Object.fromEntries(
      Object.entries(own).map(([name, value]) => [name, String(value)]),
    );
    const entries = parsed.data.sql.map((entry, i) => this.#read(entry as Entry, i, ["sql", i]));
    this.#checkAside(entries.filter((entry) => entry !== null).length);
    return entries;
  }

  /** One target cannot serve several entries, and one for an entry that is not there serves none. */
  #checkAside(entries: number): void {
    const path = ["options", "solitude-gen", "typescript"];
    const refuse = (message: string, hint: string, at: Path): void => {
      const span = this.#document.valueSpan(at);
      this.fatal.push({ code: "config-invalid", severity: "error", message, hint, span });
    };
    if (this.#aside && !Array.isArray(this.#aside) && entries > 1) {
      refuse(
        "options.solitude-gen.typescript: there are several entries in `sql:`",
        "Write a list: `- { entry: 0, out: src/db/first }` for each.",
        path,
      );
    } else if (Array.isArray(this.#aside)) {
      for (const [i, { entry }] of this.#aside.entries()) {
        if (this.#asked.has(entry)) continue;
        refuse(
          `options.solitude-gen.typescript[${i}]: no entry of \`sql:\` for PostgreSQL is ${JSON.stringify(entry)}`,
          "Give an entry's name, or its place in the list, from 0.",
          [...path, i, "entry"],
        );
      }
    }
  }

  #read(entry: Entry, index: number, path: Path): QuerySetConfig | null {
    if (!this.#acceptsEngine(entry.engine ?? "postgresql", [...path, "engine"])) return null;
    const list = (key: "schema" | "queries") => {
      const value = entry[key];
      if (typeof value !== "object") {
        return {
          paths: value === undefined ? [] : [value],
          spans: [this.#document.valueSpan([...path, key])],
        };
      }
      return { paths: value, spans: value.map((_, i) => this.#document.valueSpan([...path, key, i])) };
    };
    const schema = list("schema");
    const queries = list("queries");
    const databaseUri = this.#expand(entry.database?.uri, [...path, "database", "uri"]);
    const asked = this.#codegen(entry, path);
    const typescript = targetOf(entry.gen?.typescript) ?? this.#asideOf(entry, index) ?? asked.typescript;
    return {
      index,
      ...(entry.name !== undefined && { name: entry.name }),
      engine: "postgresql",
      schema: schema.paths,
      queries: queries.paths,
      schemaSpans: schema.spans,
      queriesSpans: queries.spans,
      span: this.#document.valueSpan(path),
      ...(databaseUri !== undefined && { databaseUri }),
      typescript,
      strictFunctionChecks: entry.strict_function_checks ?? false,
      strictOrderBy: entry.strict_order_by ?? true,
      rules: entry.rules ?? [],
      rulesSpans: (entry.rules ?? []).map((_, i) => this.#document.valueSpan([...path, "rules", i])),
      schemaVariables: this.#schemaVariables,
      targetVersion: this.#targetVersion,
      plugins: asked.plugins,
      json: entry.gen?.json ? jsonTarget(entry.gen.json) : null,
    };
  }

  /** Gives what stands for it under `options`, where sqlc leaves it alone. */
  #asideOf({ name }: Entry, index: number): TypeScriptTarget | null {
    const aside = this.#aside;
    if (!Array.isArray(aside)) return targetOf(aside);
    const found = aside.find(({ entry }) => entry === index || (name !== undefined && entry === name));
    if (!found) return null;
    const { entry, ...target } = found;
    this.#asked.add(entry);
    return targetOf(target);
  }

  /** Gives what stands under `codegen:`: TypeScript, which is ours to write, and the plugins to run for others. */
  #codegen(
    { codegen = [] }: Entry,
    path: Path,
  ): { readonly typescript: TypeScriptTarget | null; readonly plugins: readonly PluginRun[] } {
    let typescript: TypeScriptTarget | null = null;
    const plugins: PluginRun[] = [];
    const refuse = (message: string, at: Path, hint?: string): void => {
      const span = this.#document.valueSpan(at);
      this.fatal.push({ code: "config-invalid", severity: "error", message, ...(hint && { hint }), span });
    };
    for (const [i, asked] of codegen.entries()) {
      const at = [...path, "codegen", i];
      const plugin = this.#plugins.find(({ name }) => name === asked.plugin);
      if (plugin === undefined) {
        const names = this.#plugins.map(({ name }) => name);
        const known = names.length === 0 ? "Describe it under `plugins:`." : `Those are ${names.join(", ")}.`;
        refuse(`no entry of \`plugins:\` is called "${asked.plugin}"`, [...at, "plugin"], known);
        continue;
      }
      const reading = readsAsTypescript(plugin, asked);
      if (reading === null) {
        const run = pluginRun(
          plugin,
          asked,
          this.#options[plugin.name],
          this.#document.valueSpan([...at, "plugin"]),
        );
        if (typeof run === "object") plugins.push(run);
        else refuse(`the plugin "${plugin.name}" ${run}`, ["plugins", this.#plugins.indexOf(plugin)]);
      } else if ("target" in reading) typescript ??= reading.target;
      else {
        const { option, message } = reading.refused;
        refuse(`${option} of the plugin "${asked.plugin}": ${message}`, [
          ...at,
          "options",
          ...option.split("."),
        ]);
      }
    }
    return { typescript, plugins };
  }

  #acceptsEngine(engine: string, path: Path): boolean {
    if (engine === "postgresql") return true;
    const span = this.#document.valueSpan(path);
    if (OTHER_ENGINES.has(engine)) {
      this.diagnostics.push({
        code: "config-engine",
        severity: "warning",
        message: `the entry is left out: its engine is ${engine}, and only PostgreSQL is supported`,
        hint: "Remove it, or give it a configuration file of its own, for this to go away.",
        span,
      });
    } else {
      this.fatal.push({
        code: "config-engine",
        severity: "error",
        message: `unknown engine: ${engine}`,
        hint: "Write `engine: postgresql`.",
        span,
      });
    }
    return false;
  }

  #expand(uri: string | undefined, path: Path): string | undefined {
    if (uri === undefined || uri === "") return undefined;
    const { text, unset } = expandVariables(uri, this.#environment);
    if (unset.length === 0) return text;
    this.diagnostics.push({
      code: "config-environment",
      severity: "info",
      message: `${unset.join(", ")} is not set: the embedded PostgreSQL is used`,
      hint: "Set it to analyse against that server.",
      span: this.#document.valueSpan(path),
    });
    return undefined;
  }
}
