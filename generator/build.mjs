// Bundles the CLI into dist/ and puts beside it what it reads at run time. Run: node build.mjs
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
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
 * Bundles src/cli/main.ts into `outdir`. All chunks lie flat beside cli.js: whatever chunk a module ends up in,
 * `new URL("./support/…", import.meta.url)` and `new URL("./cluster.tar", import.meta.url)` find dist/support and dist/cluster.tar.
 */
export async function bundle(outdir, plugins = []) {
  const { version } = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8"));
  const { metafile } = await build({
    entryPoints: {
      cli: join(HERE, "src/cli/main.ts"),
      "embedded-worker": join(HERE, "src/postgres/embedded-worker.ts"),
      "wasm-host": join(HERE, "src/plugins/wasm-host.mjs"),
    },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    chunkNames: "[name]-[hash]",
    external: EXTERNAL,
    define: {
      SOLITUDE_GEN_VERSION: JSON.stringify(version),
      SOLITUDE_GEN_BUILD: JSON.stringify(buildId()),
    },
    // Bundled CommonJS packages (yaml) require Node's own modules.
    banner: { js: REQUIRE_BANNER },
    // Identifiers are kept: stack traces stay readable.
    minifyWhitespace: true,
    minifySyntax: true,
    absWorkingDir: HERE,
    metafile: true,
    logLevel: "warning",
    plugins: [shebang, oneLocale, ...plugins],
  });
  const written = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  for (const name of readdirSync(outdir)) {
    if (name.endsWith(".js") && !written.has(name)) rmSync(join(outdir, name));
  }
  chmodSync(join(outdir, "cli.js"), 0o755);
  writeFileSync(join(outdir, "THIRD-PARTY-LICENSES.md"), noticesOf(metafile, HERE));
  copyManual(outdir);
}

const REQUIRE_BANNER =
  'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);';

/** zod brings its messages along in fifty languages, which every start would have to read. */
const oneLocale = {
  name: "one-locale",
  setup(build) {
    build.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** Keeps the entry's first line a shebang though the banner goes first in every file. */
const shebang = {
  name: "shebang",
  setup(build) {
    build.onEnd(({ errors }) => {
      if (errors.length > 0) return;
      const entry = join(build.initialOptions.outdir, "cli.js");
      const code = readFileSync(entry, "utf8").replace(REQUIRE_BANNER, "");
      writeFileSync(entry, `#!/usr/bin/env node\n${code}`);
    });
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
}
