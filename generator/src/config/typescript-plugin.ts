import type { PluginTarget, TypeScriptTarget } from "./config.ts";
import { type TypeScriptOptions, typescriptOptions } from "./options/typescript.ts";
import type { Plugin } from "./plugins.ts";

/** Tells whether it is sqlc's TypeScript plugin, by the file or the command that it is, or this very tool as a plugin of sqlc's. */
export function isTypescriptPlugin(plugin: Pick<Plugin, "process" | "wasm">): boolean {
  return isOfSqlc(plugin) || isThisTool(plugin);
}

const isOfSqlc = ({ process, wasm }: Pick<Plugin, "process" | "wasm">): boolean =>
  /sqlc-gen-typescript(?:[_@.-]|$)/.test(wasm?.url ?? process?.cmd ?? "");

const isThisTool = ({ process }: Pick<Plugin, "process">): boolean =>
  /(?:^|[/\\])solitude-gen(?:\.cmd|\.js)?$/.test(process?.cmd ?? "");

export type PluginReading =
  | { readonly target: TypeScriptTarget }
  | { readonly refused: { readonly option: string; readonly message: string } };

/**
 * Gives what a plugin for TypeScript was asked for, as our own target; null for any other plugin. Of sqlc's that is the same folder,
 * files and functions, and values of the same types (dates as Date, JSON as any).
 */
export function readsAsTypescript(plugin: Plugin, { out, options }: PluginTarget): PluginReading | null {
  if (isThisTool(plugin)) return parsed(out, options ?? {});
  if (!isOfSqlc(plugin)) return null;
  const { driver = "pg" } = (options ?? {}) as { driver?: unknown };
  const reading = parsed(out, { ...AS_THE_PLUGIN, driver });
  return "target" in reading ? { target: { ...reading.target, isOfPlugin: true } } : reading;
}

function parsed(out: string, options: unknown): PluginReading {
  const result = typescriptOptions.safeParse(options);
  if (result.success) return { target: { out, options: result.data } };
  const [{ path, message } = { path: [], message: "is not supported" }] = result.error.issues;
  return { refused: { option: path.join("."), message } };
}

const AS_THE_PLUGIN: Partial<TypeScriptOptions> = {
  date: "date",
  json: "any",
  timestamp: "date",
  timestamptz: "date",
};
