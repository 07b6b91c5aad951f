import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// The core of a project has no Node API: it is bundled as a page would, and analyses a query there.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ENTRY = join(ROOT, "generator/src/project/browser.ts");
const PGLITE = dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite"));
const PARSER = dirname(createRequire(import.meta.url).resolve("libpg-query"));

interface Bundled {
  readonly code: string;
  /** What it imports of Node, and who does. */
  readonly ofNode: readonly string[];
}

/** In a process of its own: esbuild and jest's module registry do not get along. */
function bundle(contents: string, isWhole: boolean): Bundled {
  const script = `
    import { builtinModules } from "node:module";
    import { build } from "esbuild";
    const ofNode = [];
    const { contents, isWhole } = JSON.parse(process.argv[1]);
    const result = await build({
      stdin: { contents, resolveDir: ${JSON.stringify(ROOT)}, loader: "ts" },
      bundle: true, write: false, format: "esm", platform: "browser", target: "es2022", logLevel: "silent",
      packages: isWhole ? "bundle" : "external",
      plugins: [{
        name: "node",
        setup(build) {
          build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
            if (!path.startsWith("node:") && !builtinModules.includes(path)) return undefined;
            if (!importer.includes("node_modules")) ofNode.push(importer + " imports " + path);
            return { path, namespace: "nothing" };
          });
          build.onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "module.exports = {};", loader: "js" }));
        },
      }],
    });
    process.stdout.write(JSON.stringify({ code: result.outputFiles[0].text, ofNode }));`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", script, JSON.stringify({ contents, isWhole })],
    { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Bundled;
}

test("the core imports nothing of Node, and names none of its globals", () => {
  const { code, ofNode } = bundle(`export * from ${JSON.stringify(ENTRY)};`, false);
  expect(ofNode).toEqual([]);
  const names = /(?<![\w$."'/])(?:Buffer\.|process\.|__dirname|setImmediate\()/;
  expect(code.split("\n").filter((line) => !/^\s*(?:\/\/|\*)/.test(line) && names.test(line))).toEqual([]);
});

const PAGE = `
import * as pglite from "@electric-sql/pglite";
import { analysing } from ${JSON.stringify(join(ROOT, "generator/src/postgres/analysing-pglite.ts"))};
import { readArchive } from ${JSON.stringify(join(ROOT, "generator/src/postgres/data-directory.ts"))};
import { typescriptOptions } from ${JSON.stringify(join(ROOT, "generator/src/config/options/typescript.ts"))};
import { typeNames } from ${JSON.stringify(join(ROOT, "generator/src/emit/type-names.ts"))};
import { analyze, openInMemory, pageHost } from ${JSON.stringify(ENTRY)};
const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const tell = (what) => fetch("/result", { method: "POST", body: JSON.stringify(what) });
try {
  const cluster = await bytes("cluster.tar");
  const host = pageHost({
    engine: async () => ({
      Analysing: analysing(pglite),
      protocol: pglite.protocol,
      base: readArchive((at, length) => cluster.slice(at, at + length), cluster.length),
      compiled: await WebAssembly.compile(await bytes("pglite.wasm")),
      options: { fsBundle: await (await fetch("pglite.data")).blob() },
      loadExtensions: async () => ({}),
    }),
  });
  const contents = new Map([
    ["schema/1.sql", "create table people (id bigint primary key, name text not null);"],
    ["schema/2.sql", "create table pets (owner bigint references people, name text);"],
    ["queries/q.sql", "-- name: Pets :many\\nselect p.name, t.name as pet from people p left join pets t on t.owner = p.id where p.id = $1;"],
  ]);
  const project = openInMemory(host, contents, { schema: ["schema"], queries: ["queries/*.sql"] });
  const { querySets, diagnostics } = await analyze(project);
  const [set] = querySets;
  const names = typeNames(set, typescriptOptions.parse({}));
  const [query] = set.queries;
  await tell({ diagnostics, columns: query.columns.map((c) => [c.name, names.column(c, query)]) });
} catch (error) {
  await tell({ error: String(error?.stack ?? error) });
}
`;

const CHROMIUM = ["chromium", "chromium-browser", "google-chrome", "chrome"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);
const CLUSTER = join(ROOT, "generator/dist/cluster.tar");
if (CHROMIUM === undefined) console.warn("no query is analysed in a browser: there is no Chromium");

(CHROMIUM === undefined ? test.skip : test)(
  "a query is analysed in a page, with its types",
  async () => {
    const { code } = bundle(PAGE, true);
    const files: Readonly<Record<string, () => string | Buffer>> = {
      "/": () => '<!doctype html><script type="module" src="page.js"></script>',
      "/page.js": () => code,
      "/cluster.tar": () => readFileSync(CLUSTER),
      "/pglite.wasm": () => readFileSync(join(PGLITE, "pglite.wasm")),
      "/pglite.data": () => readFileSync(join(PGLITE, "pglite.data")),
      "/libpg-query.wasm": () => readFileSync(join(PARSER, "libpg-query.wasm")),
    };
    const TYPES: Readonly<Record<string, string>> = { js: "text/javascript", wasm: "application/wasm" };
    let tell: (result: unknown) => void = () => {};
    const result = new Promise<unknown>((resolve) => {
      tell = resolve;
    });
    const server = createServer((request, response) => {
      if (request.method === "POST") {
        let body = "";
        request.on("data", (chunk) => {
          body += chunk;
        });
        request.on("end", () => {
          response.end();
          tell(JSON.parse(body));
        });
        return;
      }
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      const file = files[pathname];
      if (file === undefined) return void response.writeHead(404).end();
      response.setHeader("content-type", TYPES[pathname.split(".").at(-1)!] ?? "text/html");
      response.end(file());
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const profile = mkdtempSync(join(tmpdir(), "chromium-"));
    let browser: ChildProcess | null = null;
    try {
      const { port } = server.address() as AddressInfo;
      browser = spawn(
        CHROMIUM!,
        [
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          `--user-data-dir=${profile}`,
          "--remote-debugging-port=0",
          `http://127.0.0.1:${port}/`,
        ],
        { stdio: "ignore" },
      );
      browser.on("exit", (status) => tell({ error: `Chromium ended with ${status}` }));
      expect(await result).toEqual({
        diagnostics: [],
        columns: [
          ["name", "string"],
          ["pet", "string | null"],
        ],
      });
    } finally {
      browser?.removeAllListeners("exit");
      const running = browser;
      if (running !== null && running.exitCode === null) {
        running.kill("SIGKILL");
        await new Promise((done) => running.once("exit", done));
      }
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  },
  300_000,
);
