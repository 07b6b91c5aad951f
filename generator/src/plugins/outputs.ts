import { isUtf8 } from "node:buffer";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PluginRun, QuerySetConfig } from "../config/config.ts";
import { indentedGoJson } from "../config/go-json.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Files } from "../files/files.ts";
import type { QuerySet } from "../model/analysis.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { OutputFile, OutputSet } from "../output/plan.ts";
import { shippedSystemRelations } from "../postgres/system-relations.ts";
import { readSchema } from "../source/read-source.ts";
import { Declared } from "./declared.ts";
import { type CodegenSchema, GenerateRequestSchema } from "./protocol/codegen_pb.ts";
import { messageAsJson } from "./protocol/json.ts";
import { type RequestSource, requestOf } from "./request.ts";
import { PluginError, runPlugin } from "./run.ts";
import { withWasmFile } from "./wasm-file.ts";

export interface PluginOutputs {
  readonly sets: readonly OutputSet[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Gives what an entry's plugins, and `gen.json`, make of what was analysed. */
export async function outputsOfPlugins(
  set: QuerySet,
  entry: QuerySetConfig,
  loaded: LoadedConfig,
  from: Files,
): Promise<PluginOutputs> {
  const declared = await Declared.read((await readSchema(from, entry)).schema);
  const source = (given: Given): RequestSource => ({
    set,
    declared,
    system: given.system,
    settings: {
      version: loaded.config.version,
      engine: entry.engine,
      schema: [...entry.schema],
      queries: [...entry.queries],
      codegen: given.codegen,
    },
    options: given.options,
    globalOptions: given.globalOptions,
  });
  const sets: OutputSet[] = [];
  const diagnostics: Diagnostic[] = [];
  const { json } = entry;
  const system = await shippedSystemRelations();
  if (json !== null) {
    const request = await requestOf(
      source({ system, codegen: {}, options: json.options, globalOptions: "" }),
    );
    const contents = `${indentedGoJson(messageAsJson(GenerateRequestSchema, request), json.indent)}\n`;
    sets.push(setOf(set, json.out, "gen.json", [{ path: json.filename, contents }]));
  }
  for (const plugin of entry.plugins) {
    // sqlc keeps PostgreSQL's own tables from those that are WebAssembly.
    const given = { ...plugin, system: plugin.how.kind === "wasm" ? [] : system, codegen: codegenOf(plugin) };
    try {
      const request = await requestOf(source(given));
      const files = await (plugin.how.kind === "wasm"
        ? withWasmFile(plugin.how, loaded.root, loaded.home ?? loaded.root, (file) =>
            runPlugin(plugin, request, loaded.root, file),
          )
        : runPlugin(plugin, request, loaded.root, null));
      const written = files.map(({ name, contents }) => ({ path: name, contents: textOf(name, contents) }));
      sets.push(setOf(set, plugin.out, plugin.name, [...lastOfEach(written)]));
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      const { message, hint } = error;
      diagnostics.push({
        code: "plugin-failed",
        severity: "error",
        message: `the plugin "${plugin.name}": ${message}`,
        ...(hint !== undefined && { hint }),
        span: plugin.span,
      });
    }
  }
  return { sets, diagnostics };
}

type Given = Pick<RequestSource, "system" | "options" | "globalOptions"> & {
  readonly codegen: MessageInitShape<typeof CodegenSchema>;
};

const setOf = (
  { index }: QuerySet,
  out: string,
  writtenBy: string,
  files: readonly OutputFile[],
): OutputSet => ({ index, out, files, writtenBy });

function codegenOf({ name, out, options, env, how }: PluginRun): MessageInitShape<typeof CodegenSchema> {
  return {
    out,
    plugin: name,
    options: Buffer.from(options),
    env: [...env],
    ...(how.kind === "process"
      ? { process: { cmd: how.cmd } }
      : { wasm: { url: how.url, sha256: how.sha256 } }),
  };
}

function textOf(name: string, contents: Uint8Array): string {
  if (!isUtf8(contents)) throw new PluginError(`its file "${name}" is not encoded in UTF-8`);
  return Buffer.from(contents).toString("utf8");
}

/** Of files of one name the last counts, as with sqlc. */
function lastOfEach(files: readonly OutputFile[]): Iterable<OutputFile> {
  return new Map(files.map((file) => [file.path, file])).values();
}
