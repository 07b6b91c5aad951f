import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import type { PluginCommand } from "../../src/config/config.ts";
import { GenerateRequestSchema, GenerateResponseSchema } from "../../src/plugins/protocol/codegen_pb.ts";
import { LIMITS, type Limits, runPlugin } from "../../src/plugins/run.ts";
import { withWasmFile } from "../../src/plugins/wasm-file.ts";
import { BODIES, wasmModule } from "./wasm-module.ts";

const REQUEST = create(GenerateRequestSchema, {
  sqlcVersion: "v1",
  queries: [{ name: "GetA", params: [{ number: 1 }] }],
});
const ANSWER = toBinary(
  GenerateResponseSchema,
  create(GenerateResponseSchema, { files: [{ name: "a.txt", contents: Buffer.from("hello") }] }),
);

let root: string;
const cacheBefore = process.env.SOLITUDE_GEN_CACHE;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "plugins-"));
  process.env.SOLITUDE_GEN_CACHE = join(root, "cache");
});
afterEach(() => {
  rmSync(root, { recursive: true });
  if (cacheBefore === undefined) delete process.env.SOLITUDE_GEN_CACHE;
  else process.env.SOLITUDE_GEN_CACHE = cacheBefore;
});

/** A script that runs in Node, at `plugin.mjs` in the project's folder. */
function script(code: string): void {
  writeFileSync(join(root, "plugin.mjs"), `#!${process.execPath}\n${code}`);
  chmodSync(join(root, "plugin.mjs"), 0o755);
}
const BY_PATH = { kind: "process", cmd: "./plugin.mjs", format: "protobuf" } as const;
const runProcess = (how: PluginCommand["how"] = BY_PATH, env: string[] = [], limits: Limits = LIMITS) =>
  runPlugin({ how, env }, REQUEST, root, null, limits);
const shown = (files: Awaited<ReturnType<typeof runProcess>>) =>
  files.map(({ name, contents }) => `${name}: ${Buffer.from(contents)}`);

describe("a process", () => {
  const READ = 'import { readFileSync } from "node:fs"; const input = readFileSync(0);';

  test("is given the request as protobuf, the method, and no other variables than those named", async () => {
    process.env.PLUGIN_SEES = "yes";
    process.env.PLUGIN_SEES_NOT = "no";
    const sent = Buffer.from(toBinary(GenerateRequestSchema, REQUEST)).toString("base64");
    script(`${READ}
      const seen = [input.toString("base64") === "${sent}", process.argv[2], process.cwd() === ${JSON.stringify(root)},
        process.env.PLUGIN_SEES, process.env.PLUGIN_SEES_NOT, process.env.SQLC_VERSION?.slice(0, 3), process.env.SQLC_AUTH_TOKEN];
      const text = Buffer.from(JSON.stringify(seen));
      const file = Buffer.concat([Buffer.from([10, 1, 97, 18, text.length]), text]);
      process.stdout.write(Buffer.concat([Buffer.from([10, file.length]), file]));`);
    process.env.SQLC_AUTH_TOKEN = "secret";
    const files = await runProcess(BY_PATH, ["PLUGIN_SEES", "SQLC_AUTH_TOKEN"]);
    delete process.env.SQLC_AUTH_TOKEN;
    expect(shown(files)).toEqual(['a: [true,"/plugin.CodegenService/Generate",true,"yes",null,"v1.",null]']);
  });

  test("is given JSON where it asks for it: every field under its name in the protocol, set or not", async () => {
    script(`${READ}
      const { queries: [{ name, cmd, params, insert_into_table }], sqlc_version, plugin_options } = JSON.parse(input);
      const contents = JSON.stringify([name, cmd, params, insert_into_table, sqlc_version, plugin_options]);
      process.stdout.write(JSON.stringify({ files: [{ name: "a", contents: Buffer.from(contents).toString("base64") }] }));`);
    expect(shown(await runProcess({ ...BY_PATH, format: "json" }))).toEqual([
      'a: ["GetA","",[{"number":1,"column":null}],null,"v1",""]',
    ]);
  });

  test("fails with its own words", async () => {
    script('console.error("no such option: x"); process.exit(3);');
    await expect(runProcess()).rejects.toMatchObject({
      message: "no such option: x",
      hint: "it ended with exit code 3.",
    });
    script("process.exit(3);");
    await expect(runProcess()).rejects.toMatchObject({ message: "it ended with exit code 3" });
  });

  test("that is not there, or answers something else, is told", async () => {
    await expect(runProcess({ ...BY_PATH, cmd: "no-such-plugin" })).rejects.toThrow(
      "no-such-plugin is not found",
    );
    script('process.stdout.write("generated 3 files");');
    await expect(runProcess()).rejects.toThrow("its answer is no protobuf message");
    await expect(runProcess({ ...BY_PATH, format: "json" })).rejects.toThrow("its answer is no JSON");
  });

  test("that never answers, or never ends its answer, is ended", async () => {
    script("setInterval(() => {}, 1000);");
    await expect(runProcess(BY_PATH, [], { ...LIMITS, time: 300 })).rejects.toThrow(
      "no answer in 0.3 seconds",
    );
    script('const more = () => process.stdout.write("x".repeat(1e5), more); more();');
    await expect(runProcess(BY_PATH, [], { ...LIMITS, answer: 1e6 })).rejects.toThrow(
      "longer than 1000000 bytes",
    );
  });

  test("that reads nothing of a long request may answer nevertheless", async () => {
    script("process.stdout.write(Buffer.alloc(0));");
    const long = create(GenerateRequestSchema, { sqlcVersion: "x".repeat(5e6) });
    expect(await runPlugin({ how: BY_PATH, env: [] }, long, root, null)).toEqual([]);
  });
});

describe("WebAssembly", () => {
  const checksum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

  async function run(name: keyof typeof BODIES, limits: Limits = LIMITS) {
    const module = wasmModule(BODIES[name], ANSWER);
    writeFileSync(join(root, "plugin.wasm"), module);
    const how = { kind: "wasm", url: "file://plugin.wasm", sha256: checksum(module) } as const;
    return withWasmFile(how, root, root, (file) => runPlugin({ how, env: [] }, REQUEST, root, file, limits));
  }

  test.each(["answer", "look for a folder"] as const)("has no file system: %s", async (name) => {
    expect(shown(await run(name))).toEqual(["a.txt: hello"]);
  });

  test("is bounded in time and in memory", async () => {
    await expect(run("never end", { ...LIMITS, time: 1000 })).rejects.toThrow("no answer in 1 seconds");
    await expect(run("take all memory", { ...LIMITS, memory: 2 ** 24 })).rejects.toThrow(/unreachable/);
  });

  test("is never run with another checksum than the configuration's, and kept under its own", async () => {
    const module = wasmModule(BODIES.answer, ANSWER);
    writeFileSync(join(root, "plugin.wasm"), module);
    const how = { kind: "wasm", url: "file://plugin.wasm", sha256: "0".repeat(64) } as const;
    const use = async (file: string) => checksum(readFileSync(file));
    await expect(withWasmFile(how, root, root, use)).rejects.toThrow(`got ${checksum(module)}`);
    const right = { ...how, sha256: checksum(module).toUpperCase() };
    expect(await withWasmFile(right, root, root, use)).toBe(checksum(module));
    rmSync(join(root, "plugin.wasm"));
    expect(await withWasmFile(right, root, root, use)).toBe(checksum(module));
    await expect(withWasmFile({ ...right, sha256: "" }, root, root, use)).rejects.toThrow(
      "cannot read plugin.wasm",
    );
    await expect(withWasmFile({ ...how, url: "http://x/y.wasm" }, root, root, use)).rejects.toThrow(
      "unknown scheme",
    );
  });

  test("that is none is told", async () => {
    writeFileSync(join(root, "plugin.wasm"), "hello");
    const how = { kind: "wasm", url: "file://plugin.wasm", sha256: "" } as const;
    const result = withWasmFile(how, root, root, (file) => runPlugin({ how, env: [] }, REQUEST, root, file));
    await expect(result).rejects.toThrow(/WebAssembly/);
  });
});
