import type { Span } from "../model/diagnostic.ts";
import type { CiSettings } from "./options/ci.ts";
import type { TypeScriptOptions } from "./options/typescript.ts";
import type { VetOptions } from "./options/vet.ts";

/** A `sqlc.yaml` of either version. */
export interface Config {
  readonly version: "1" | "2";
  readonly querySets: readonly QuerySetConfig[];
  readonly vet: VetConfig;
  readonly ci: CiConfig;
}

/** What the configuration says of `ci`. */
export interface CiConfig {
  readonly settings: CiSettings;
  /** Where `database_url` is written, whose environment variables are filled in when it is needed. */
  readonly databaseUrlSpan: Span | null;
}

/** What the configuration says of `vet`. */
export interface VetConfig {
  readonly options: VetOptions;
  /** Where the severity of a rule is set, by the rule's code. */
  readonly severitySpans: Readonly<Record<string, Span>>;
  /** The top-level `rules:` of sqlc. */
  readonly rules: readonly CelRule[];
}

export interface CelRule {
  readonly name: string;
  readonly rule: string;
  readonly message: string;
  /** Where `rule`, or else the whole entry, is written. */
  readonly span: Span;
}

/** One entry of `sql:` (version 2) or `packages:` (version 1). */
export interface QuerySetConfig {
  /** Its place in the list; entries that cannot be used leave a gap. */
  readonly index: number;
  readonly name?: string;
  readonly engine: "postgresql";
  /** Files, folders and globs as written. */
  readonly schema: readonly string[];
  readonly queries: readonly string[];
  /** Where each of them is written. */
  readonly schemaSpans: readonly Span[];
  readonly queriesSpans: readonly Span[];
  /** Where the entry is written. */
  readonly span: Span;
  /** Environment variables filled in; absent where one of them is not set. */
  readonly databaseUri?: string;
  /** The target of ours, or null where the entry generates for other languages only. */
  readonly typescript: TypeScriptTarget | null;
  readonly strictFunctionChecks: boolean;
  readonly strictOrderBy: boolean;
  /** Names of sqlc's lint rules to apply. */
  readonly rules: readonly string[];
  /** Where each of them is written. */
  readonly rulesSpans: readonly Span[];
  /** What the placeholders of migration tools and psql's variables stand for in the schema. */
  readonly schemaVariables: Readonly<Record<string, string>>;
  /** The major version of PostgreSQL that the queries run on, where the configuration says it. */
  readonly targetVersion: number | null;
  /** Plugins to run, other than sqlc's for TypeScript. */
  readonly plugins: readonly PluginRun[];
  /** Where `gen.json` wants the request that plugins are given. */
  readonly json: JsonTarget | null;
}

export interface TypeScriptTarget {
  /** The folder that the generated files go to, relative to the configuration file. */
  readonly out: string;
  readonly options: TypeScriptOptions;
  /** It was asked of sqlc's TypeScript plugin, whose own output may be replaced. */
  readonly isOfPlugin?: true;
  /** The project around its folder has decided about some of the options. */
  readonly isInProject?: true;
}

/** An entry of `codegen:`, as written. */
export interface PluginTarget {
  readonly plugin: string;
  readonly out: string;
  readonly options?: unknown;
}

/** What answers a request. */
export interface PluginCommand {
  /** Environment variables that it is given. */
  readonly env: readonly string[];
  readonly how:
    | { readonly kind: "process"; readonly cmd: string; readonly format: "protobuf" | "json" }
    /** `sha256` is "" where none is written. */
    | { readonly kind: "wasm"; readonly url: string; readonly sha256: string };
}

/** A plugin that an entry of `codegen:` asks for, with all that running it takes. */
export interface PluginRun extends PluginCommand {
  readonly name: string;
  readonly out: string;
  /** The options of the entry, and of the plugin, as the JSON that sqlc makes of them; "" where there are none. */
  readonly options: string;
  readonly globalOptions: string;
  /** Where the plugin is named. */
  readonly span: Span;
}

export interface JsonTarget {
  readonly out: string;
  readonly filename: string;
  readonly indent: string;
  /** `gen.json` as the JSON that sqlc makes of it. */
  readonly options: string;
}
