// Bundles the CLI into dist/ and puts beside it what it reads at run time. Run: node build.mjs
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { noticesOf } from "./notices.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

/** With files of their own that they find relative to themselves (WebAssembly, data), or optional natives. */
const EXTERNAL = ["@electric-sql/*", "libpg-query", "ts-morph", "pg-native", "pg-cloudflare"];

/**
 * Bundles src/cli/main.ts into `outdir`, as one file of which parts run when they are first asked for: reading many costs more
 * than what a command does not need. What runs in threads is beside it. All lie flat, so that
 * `new URL("./support/…", import.meta.url)` and `new URL("./cluster.tar", import.meta.url)` find dist/support and dist/cluster.tar.
 */
export async function bundle(outdir, plugins = []) {
  const { version } = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8"));
  const shared = {
    outdir,
    bundle: true,
    platform: "node",
    target: "node20",
    external: EXTERNAL,
    // Identifiers are kept: stack traces stay readable.
    minifyWhitespace: true,
    minifySyntax: true,
    absWorkingDir: HERE,
    metafile: true,
    logLevel: "warning",
  };
  const commonJs = {
    ...shared,
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    define: {
      SOLITUDE_GEN_VERSION: JSON.stringify(version),
      SOLITUDE_GEN_BUILD: JSON.stringify(buildId()),
      "import.meta.url": "__moduleUrl",
      "import.meta.dirname": "__dirname",
    },
    banner: { js: 'const __moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
  };
  const command = await build({
    ...commonJs,
    entryPoints: { cli: join(HERE, "src/cli/main.ts"), again: join(HERE, "src/cli/again.ts") },
    // Of code that was compiled before, Node imports nothing without a warning; what is required comes as quickly.
    supported: { "dynamic-import": false },
    plugins: [oneLocale, importsApart, noPrograms, ...plugins],
  });
  // A thread begins sooner where Node has nothing to import for it.
  const thread = await build({
    ...commonJs,
    entryPoints: {
      "embedded-worker": join(HERE, "src/postgres/embedded-worker.ts"),
      "import-module": join(HERE, "src/postgres/import-module.ts"),
    },
  });
  const host = await build({
    ...shared,
    entryPoints: { "wasm-host": join(HERE, "src/plugins/wasm-host.mjs") },
    format: "esm",
  });
  mark([join(outdir, "cli.cjs"), join(outdir, "again.cjs")]);
  const written = new Set(Object.keys(host.metafile.outputs).map((path) => basename(path)));
  for (const name of readdirSync(outdir)) {
    if (name.endsWith(".js") && !written.has(name)) rmSync(join(outdir, name));
  }
  const inputs = { ...command.metafile.inputs, ...thread.metafile.inputs, ...host.metafile.inputs };
  writeFileSync(join(outdir, "THIRD-PARTY-LICENSES.md"), noticesOf({ ...command.metafile, inputs }, HERE));
  copyManual(outdir);
}

/** Begins bundles with what tells this build from every other, so that code which was compiled of another is not taken for its own. */
function mark(files) {
  const codes = files.map((file) => readFileSync(file));
  const digest = codes.reduce((hash, code) => hash.update(code), createHash("sha256")).digest("hex");
  for (const [i, file] of files.entries())
    writeFileSync(file, Buffer.concat([Buffer.from(`/*${digest.slice(0, 32)}*/`), codes[i]]));
}

/** zod brings its messages along in fifty languages, which every start would have to read. */
const oneLocale = {
  name: "one-locale",
  setup(build) {
    build.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** commander can run programs as commands, and loads what that takes at each start; none of ours is one. */
const noPrograms = {
  name: "no-programs",
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: "child_process", namespace: "no-programs" } : null,
    );
    build.onLoad({ filter: /.*/, namespace: "no-programs" }, () => ({ contents: "module.exports = {};" }));
  },
};

/** Leaves the one real import() to a file of its own, which is not run as code that was compiled before. */
const importsApart = {
  name: "imports-apart",
  setup(build) {
    build.onResolve({ filter: /\/import-module\.ts$/ }, () => ({
      path: "./import-module.cjs",
      external: true,
    }));
  },
};

function copySupport(outdir) {
  const from = join(HERE, "src/emit/support");
  rmSync(join(outdir, "support"), { recursive: true, force: true });
  if (existsSync(from)) cpSync(from, join(outdir, "support"), { recursive: true });
}

/** `explain` reads the manual. */
function copyManual(outdir) {
  cpSync(join(HERE, "../docs/diagnostics.md"), join(outdir, "diagnostics.md"));
  // What reports link to.
  cpSync(join(HERE, "../docs/rules"), join(outdir, "rules"), { recursive: true });
}

/** Creating a cluster takes seconds, so it is done once for each PGlite version and script, not at each build. */
function prepareCluster(outdir) {
  const script = join(HERE, "src/postgres/prepare-cluster.mjs");
  if (!existsSync(script)) return;
  const pglite = pgliteVersion();
  const stamp = createHash("sha256").update(pglite).update(readFileSync(script)).digest("hex");
  const stampFile = join(outdir, "cluster.stamp");
  const cluster = join(outdir, "cluster.tar");
  if (existsSync(cluster) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  const { status } = spawnSync(process.execPath, [script, cluster], { stdio: "inherit" });
  if (status !== 0) throw new Error(`${script} failed`);
  writeFileSync(stampFile, stamp);
}

/** What the cluster contains is read from it once, not at each run. */
async function prepareBuiltins(outdir) {
  const outfile = join(outdir, "builtins.build.mjs");
  try {
    await build({
      entryPoints: [join(HERE, "src/postgres/prepare-builtins.ts")],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      external: EXTERNAL,
      logLevel: "warning",
    });
    const stamp = createHash("sha256")
      .update(readFileSync(join(outdir, "cluster.stamp")))
      .update(readFileSync(outfile))
      .digest("hex");
    const stampFile = join(outdir, "builtins.stamp");
    const files = ["builtins.json", "system-relations.json"];
    const isThere = [...files.map((name) => join(outdir, name)), stampFile].every((path) => existsSync(path));
    if (isThere && readFileSync(stampFile, "utf8") === stamp) return;
    const { status } = spawnSync(process.execPath, [outfile], { stdio: "inherit" });
    if (status !== 0) throw new Error(`${outfile} failed`);
    writeFileSync(stampFile, stamp);
  } finally {
    rmSync(outfile, { force: true });
  }
}

/**
 * Changes with everything that decides what an analysis finds: what one build has cached, another must not trust. What is kept of a
 * database is its difference to the prepared cluster, and no two clusters are the same, though they were made alike.
 */
export function buildId(cluster = join(HERE, "dist/cluster.tar")) {
  // A name's plural is a package's work, as is the tree of a statement.
  const hash = createHash("sha256").update(readFileSync(join(HERE, "../package-lock.json")));
  const sources = readdirSync(join(HERE, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  for (const file of sources) hash.update(relative(HERE, file)).update(readFileSync(file));
  if (existsSync(cluster)) hash.update(readFileSync(cluster));
  return hash.digest("hex");
}

function pgliteVersion() {
  return versionOf("@electric-sql/pglite");
}

function versionOf(name) {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
}

/** Writes down how long each file is that belongs to the program, for `doctor`. */
function writeList(outdir) {
  const files = readdirSync(outdir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "files.json" && !entry.name.endsWith(".stamp"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  const sizes = files.map((file) => [relative(outdir, file).replaceAll("\\", "/"), statSync(file).size]);
  writeFileSync(join(outdir, "files.json"), `${JSON.stringify(Object.fromEntries(sizes))}\n`);
}

/** The JSON schema of sqlc.yaml, for completion in editors. */
async function writeConfigSchema(outdir) {
  const source = join(HERE, "src/config/config-schema.ts");
  if (!existsSync(source)) return;
  const outfile = join(outdir, "config-schema.build.mjs");
  try {
    await build({
      entryPoints: [source],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
      logLevel: "warning",
    });
    const { configJsonSchema } = await import(`${pathToFileURL(outfile).href}?${Date.now()}`);
    if (configJsonSchema === undefined) throw new Error(`${source} does not export configJsonSchema()`);
    writeFileSync(join(HERE, "schema.json"), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  } finally {
    rmSync(outfile, { force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const outdir = join(HERE, "dist");
  mkdirSync(outdir, { recursive: true });
  prepareCluster(outdir); // A part of what the bundle is known by.
  await bundle(outdir);
  copySupport(outdir);
  await prepareBuiltins(outdir);
  await writeConfigSchema(outdir);
  writeList(outdir);
}
