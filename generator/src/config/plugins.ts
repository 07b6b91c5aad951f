import type { Span } from "../model/diagnostic.ts";
import type { JsonTarget, PluginRun, PluginTarget } from "./config.ts";
import { goJson } from "./go-json.ts";

/** An entry of `plugins:`. */
export interface Plugin {
  readonly name: string;
  readonly env?: readonly string[] | undefined;
  readonly process?:
    | { readonly cmd: string; readonly format?: "protobuf" | "json" | "" | undefined }
    | undefined;
  readonly wasm?: { readonly url: string; readonly sha256?: string | undefined } | undefined;
}

/** Gives what running the plugin for an entry takes; a text says what is wrong with its description. */
export function pluginRun(
  { name, env = [], process, wasm }: Plugin,
  { out, options }: PluginTarget,
  globalOptions: unknown,
  span: Span,
): PluginRun | string {
  if (process && wasm) return "has both `process` and `wasm`: give one of them";
  const how = process
    ? ({ kind: "process", cmd: process.cmd, format: process.format || "protobuf" } as const)
    : wasm && ({ kind: "wasm", url: wasm.url, sha256: wasm.sha256 ?? "" } as const);
  if (!how) return "has neither `process` nor `wasm`: give one of them";
  return { name, out, options: json(options), globalOptions: json(globalOptions), env, how, span };
}

export function jsonTarget(gen: {
  readonly out: string;
  readonly filename?: string | undefined;
  readonly indent?: string | undefined;
}): JsonTarget {
  const { out, indent, filename } = gen;
  // In sqlc's order, and without what is empty.
  const written = { out, ...(indent && { indent }), ...(filename && { filename }) };
  const options = JSON.stringify(written);
  return { out, indent: indent || "  ", filename: filename || "codegen_request.json", options };
}

const json = (value: unknown): string => (value === undefined ? "" : goJson(value));
