// sqlc's TypeScript plugin, of its own source: what it is released as is WebAssembly of this, which sqlc runs as a command as well.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const PLUGIN_VERSION = "v0.1.3";
const REPOSITORY = "https://github.com/sqlc-dev/sqlc-gen-typescript";

/** In place of what gives it a standard input in WebAssembly. */
const STREAMS = `import { readFileSync as read, writeFileSync as write } from "node:fs";
export const STDIO = { Stdin: 0, Stdout: 1 };
export const readFileSync = (stream) => new Uint8Array(read(stream));
export const writeFileSync = (stream, bytes) => write(stream, bytes);
`;

/**
 * Gives the plugin's command; null where its source is neither named by SQLC_GEN_TYPESCRIPT nor to be had, or its packages are not.
 * @returns {Promise<string | null>}
 */
export async function makePlugin() {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const folder = join(cache, "solitude-sqlc", `typescript-${PLUGIN_VERSION}`);
  const command = join(folder, "plugin.cjs");
  if (existsSync(command)) return command;
  if (!takeSource(folder)) return null;
  // Its lock file lacks a package that its manifest has.
  const installed = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
  });
  if (installed.status !== 0) return null;
  const streams = join(folder, "streams.mjs");
  writeFileSync(streams, STREAMS);
  await build({
    entryPoints: [join(folder, "src/app.ts")],
    outfile: command,
    bundle: true,
    platform: "node",
    format: "cjs",
    alias: { "javy/fs": streams },
    banner: { js: "#!/usr/bin/env node" },
  });
  spawnSync("chmod", ["+x", command]);
  return command;
}

/** Puts its source into a folder, and tells whether it is there. */
function takeSource(folder) {
  mkdirSync(dirname(folder), { recursive: true });
  const { SQLC_GEN_TYPESCRIPT: given } = process.env;
  if (given !== undefined) cpSync(given, folder, { recursive: true });
  else if (!existsSync(join(folder, "src/app.ts")))
    spawnSync("git", ["clone", "--quiet", "--depth", "1", "--branch", PLUGIN_VERSION, REPOSITORY, folder]);
  return existsSync(join(folder, "src/app.ts"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await makePlugin());
