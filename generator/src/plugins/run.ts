import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { fromBinary, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import type { PluginCommand } from "../config/config.ts";
import {
  type GenerateRequest,
  GenerateRequestSchema,
  GenerateResponseSchema,
} from "./protocol/codegen_pb.ts";
import { messageAsJson } from "./protocol/json.ts";
import { SQLC_VERSION } from "./request.ts";

/** What a plugin is called with, as its only argument. */
export const METHOD = "/plugin.CodegenService/Generate";

/** Why a plugin gave no files, in words of its own where it had any. */
export class PluginError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

export interface PluginFile {
  readonly name: string;
  readonly contents: Uint8Array;
}

export interface Limits {
  /** Of waiting for the answer, in ms. */
  readonly time: number;
  /** Of a WebAssembly plugin's memory, in bytes. */
  readonly memory: number;
  /** Of the answer, in bytes. */
  readonly answer: number;
}

/** Far beyond what plugins need: they end what would never. */
export const LIMITS: Limits = { time: 300_000, memory: 2 ** 31, answer: 2 ** 29 };

/**
 * Runs a plugin as sqlc does: the request on its standard input, the files from its standard output. A process sees the
 * variables that the configuration names and no others.
 * @param wasm the file of one that is WebAssembly
 * @throws PluginError
 */
export async function runPlugin(
  { how, env }: PluginCommand,
  request: GenerateRequest,
  root: string,
  wasm: string | null,
  limits: Limits = LIMITS,
): Promise<readonly PluginFile[]> {
  const isJson = how.kind === "process" && how.format === "json";
  const input = isJson
    ? Buffer.from(JSON.stringify(messageAsJson(GenerateRequestSchema, request)))
    : toBinary(GenerateRequestSchema, request);
  const [file, args] = how.kind === "process" ? [commandOf(how.cmd, root), [METHOD]] : hosted(wasm!, limits);
  const output = await exchange(file, args, { root, env: variables(env), input, limits });
  try {
    const response = isJson
      ? fromJson(GenerateResponseSchema, JSON.parse(output.toString("utf8")) as JsonValue, READ)
      : fromBinary(GenerateResponseSchema, output);
    return response.files;
  } catch (error) {
    throw new PluginError(
      `its answer is no ${isJson ? "JSON" : "protobuf message"} of sqlc's protocol: ${(error as Error).message}`,
      "A plugin writes its answer, and nothing else, to standard output.",
    );
  }
}

const READ = { ignoreUnknownFields: true };

/** A path is one from the configuration's folder; a name is looked for where the system looks. */
const commandOf = (cmd: string, root: string): string => (/[/\\]/.test(cmd) ? resolve(root, cmd) : cmd);

function hosted(wasm: string, { memory }: Limits): [string, string[]] {
  const pages = Math.floor(memory / 65_536);
  // From the sources it lies there as it is.
  const host = ["./wasm-host.js", "./wasm-host.mjs"]
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((path) => existsSync(path))!;
  return [process.execPath, [`--wasm-max-mem-pages=${pages}`, "--no-warnings", host, wasm, METHOD]];
}

function variables(names: readonly string[]): NodeJS.ProcessEnv {
  const given = names.filter((name) => name !== "SQLC_AUTH_TOKEN").map((name) => [name, process.env[name]]);
  return { ...Object.fromEntries(given), SQLC_VERSION };
}

interface Exchange {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input: Uint8Array;
  readonly limits: Limits;
}

/** Starts the command, writes the input, and gives all that it wrote. */
function exchange(file: string, args: readonly string[], given: Exchange): Promise<Buffer> {
  const { root, env, input, limits } = given;
  return new Promise((done, fail) => {
    const child = spawn(file, args, { cwd: root, env, stdio: "pipe", windowsHide: true });
    const output: Buffer[] = [];
    const said: Buffer[] = [];
    let size = 0;
    let ended: PluginError | null = null;
    const end = (error: PluginError): void => {
      ended ??= error;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(
      () => end(new PluginError(`it gave no answer in ${limits.time / 1000} seconds, and was ended`)),
      limits.time,
    );
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      output.push(chunk);
      if (size > limits.answer) end(new PluginError(`its answer is longer than ${limits.answer} bytes`));
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (said.length < 1000) said.push(chunk);
    });
    // Who does not read all of the request may answer nevertheless.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(unstartable(file, error));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (ended !== null) return fail(ended);
      if (code === 0) return done(Buffer.concat(output));
      const words = Buffer.concat(said).toString("utf8").trim();
      const how = signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
      fail(new PluginError(words === "" ? how : words, words === "" ? undefined : `${how}.`));
    });
  });
}

function unstartable(file: string, { code, message }: NodeJS.ErrnoException): PluginError {
  if (code === "ENOENT")
    return new PluginError(
      `${file} is not found`,
      "Install it, or name it in `process.cmd` by its path from the configuration's folder.",
    );
  if (code === "EACCES") return new PluginError(`${file} may not be executed`);
  return new PluginError(message);
}
