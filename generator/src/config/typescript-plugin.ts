import type { PluginTarget, TypeScriptTarget } from "./config.ts";
import { type TypeScriptOptions, typescriptOptions } from "./options/typescript.ts";

/** An entry of `plugins:`. */
export interface Plugin {
  readonly name: string;
  readonly process?: { readonly cmd?: string | undefined } | undefined;
  readonly wasm?: { readonly url?: string | undefined } | undefined;
}

/** Whether it is sqlc's TypeScript plugin, by the file or the command that it is. */
export function isTypescriptPlugin({ process, wasm }: Plugin): boolean {
  return /sqlc-gen-typescript(?:[_@.-]|$)/.test(wasm?.url ?? process?.cmd ?? "");
}

export type PluginReading =
  | { readonly target: TypeScriptTarget }
  | { readonly refused: { readonly option: string; readonly message: string } };

/**
 * What sqlc's TypeScript plugin was asked for, as our own target: the same folder, files and functions, and values of
 * the same types (dates as Date, JSON as any).
 */
export function targetOfPlugin({ out, options }: PluginTarget): PluginReading {
  const { driver = "pg" } = (options ?? {}) as { driver?: unknown };
  const parsed = typescriptOptions.safeParse({ ...AS_THE_PLUGIN, driver });
  if (!parsed.success) {
    const message = parsed.error.issues[0]?.message ?? "is not supported";
    return { refused: { option: "driver", message } };
  }
  return { target: { out, options: parsed.data, isOfPlugin: true } };
}

const AS_THE_PLUGIN: Partial<TypeScriptOptions> = {
  date: "date",
  json: "any",
  timestamp: "date",
  timestamptz: "date",
};
