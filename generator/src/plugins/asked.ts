import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { create, fromBinary, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { readCiConfig } from "../config/ci-config.ts";
import type { QuerySetConfig } from "../config/config.ts";
import { ConfigDocument } from "../config/config-document.ts";
import type { LoadedConfig } from "../config/load.ts";
import { typescriptOptions } from "../config/options/typescript.ts";
import { readVetConfig } from "../config/vet-config.ts";
import { DiagnosticError } from "../model/diagnostic.ts";
import type { OutputFile } from "../output/plan.ts";
import {
  type GenerateRequest,
  GenerateRequestSchema,
  GenerateResponseSchema,
  type Settings,
} from "./protocol/codegen_pb.ts";
import { messageAsJson } from "./protocol/json.ts";

/** What sqlc asks of this tool as its plugin. */
export interface Asked {
  readonly loaded: LoadedConfig;
  /** How it asks, and wants to be answered. */
  readonly format: "protobuf" | "json";
}

/**
 * Reads a request as the configuration that it was made from. Its own analysis is not used: it says neither what can be NULL nor what
 * a composite type holds.
 */
export function readRequest(bytes: Uint8Array, cwd: string): Asked {
  const { request, format } = decode(bytes);
  const { settings } = request;
  if (settings === undefined)
    throw refused("the request has no settings", "Let `sqlc generate` run this command.");
  if (settings.engine !== "" && settings.engine !== "postgresql") {
    throw refused(
      `the engine is ${settings.engine}, and only PostgreSQL is supported`,
      "Ask for it in entries for PostgreSQL only.",
    );
  }
  const root = rootOf(settings, cwd);
  const none = new ConfigDocument("sqlc.yaml", "{}");
  const querySets = [querySetOf(request, settings)];
  const config = {
    version: "2",
    querySets,
    vet: readVetConfig(none, {}),
    ci: readCiConfig(none, {}),
  } as const;
  return { format, loaded: { config, root, file: join(root, "sqlc.yaml"), diagnostics: [] } };
}

export function writeResponse(files: readonly OutputFile[], format: Asked["format"]): Uint8Array {
  const response = create(GenerateResponseSchema, {
    files: files.map(({ path, contents }) => ({ name: path, contents: Buffer.from(contents) })),
  });
  if (format === "protobuf") return toBinary(GenerateResponseSchema, response);
  return Buffer.from(JSON.stringify(messageAsJson(GenerateResponseSchema, response)));
}

function decode(bytes: Uint8Array): { request: GenerateRequest; format: Asked["format"] } {
  const text = Buffer.from(bytes);
  // No message of protobuf's begins so: it would be an empty group.
  const format = /^\s*\{/.test(text.subarray(0, 100).toString("latin1")) ? "json" : "protobuf";
  const hint = "sqlc runs this command: name it under `plugins:` in its configuration.";
  if (text.length === 0) throw refused("there is no request on standard input", hint);
  const lenient = { ignoreUnknownFields: true };
  try {
    const request =
      format === "json"
        ? fromJson(GenerateRequestSchema, JSON.parse(text.toString("utf8")) as JsonValue, lenient)
        : fromBinary(GenerateRequestSchema, bytes);
    return { request, format };
  } catch (error) {
    throw refused(`standard input is no request of sqlc's: ${(error as Error).message}`, hint);
  }
}

function querySetOf({ pluginOptions, globalOptions }: GenerateRequest, settings: Settings): QuerySetConfig {
  const options = typescriptOptions.safeParse(jsonOf(pluginOptions) ?? {});
  if (!options.success) {
    const [issue] = options.error.issues;
    const path = issue?.path.join(".") ?? "";
    throw refused(
      `options${path === "" ? "" : `.${path}`}: ${issue?.message ?? "are not valid"}`,
      "They are those of `gen.typescript`, without `out`.",
    );
  }
  const { schema_variables: variables = {}, target_version: target = null } = (jsonOf(globalOptions) ??
    {}) as GlobalOptions;
  const nowhere = { file: "sqlc.yaml", start: 0, end: 0 };
  return {
    index: 0,
    engine: "postgresql",
    schema: settings.schema,
    queries: settings.queries,
    schemaSpans: [],
    queriesSpans: [nowhere],
    span: nowhere,
    typescript: { out: settings.codegen?.out ?? "", options: options.data },
    strictFunctionChecks: false,
    strictOrderBy: true,
    rules: [],
    rulesSpans: [],
    schemaVariables: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, String(value)]),
    ),
    targetVersion: target,
    plugins: [],
    json: null,
  };
}

/** What `options:` may say of the plugin by its name, as it may under `solitude-gen`. */
interface GlobalOptions {
  readonly schema_variables?: Readonly<Record<string, unknown>>;
  readonly target_version?: number;
}

const jsonOf = (bytes: Uint8Array): unknown =>
  bytes.length === 0 ? null : (JSON.parse(Buffer.from(bytes).toString("utf8")) as unknown);

/** The folder of the configuration, which a request does not name: the nearest that has what its paths begin with. */
function rootOf({ schema, queries }: Settings, cwd: string): string {
  const beginnings = [...schema, ...queries].map((path) => path.replace(/[^/]*[*?[{].*$/s, "") || ".");
  const hasAll = (folder: string): boolean => beginnings.every((path) => existsSync(resolve(folder, path)));
  const above = [cwd];
  while (dirname(above.at(-1)!) !== above.at(-1)) above.push(dirname(above.at(-1)!));
  const below = readdirSync(cwd, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .map(({ name }) => join(cwd, name));
  const found = [...above, ...below].find(hasAll);
  if (found !== undefined) return found;
  throw refused(
    `${[...schema, ...queries].join(", ")} are not in ${cwd}, above it or in a folder of it`,
    "A request names them by their paths from the configuration's folder: run sqlc there.",
  );
}

function refused(message: string, hint: string): DiagnosticError {
  return new DiagnosticError([{ code: "plugin-request", severity: "error", message, hint }]);
}
