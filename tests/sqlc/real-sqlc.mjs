import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export const SQLC_VERSION = "v1.31.1";

/**
 * A command of sqlc's: named by the environment, made earlier, or made now by Go from its module proxy; null where there is no Go.
 * @param {"sqlc" | "sqlc-gen-json"} command
 * @param {string | undefined} given
 * @returns {string | null}
 */
function find(command, given) {
  if (given !== undefined) return given;
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
 * The real sqlc.
 * @returns {string | null}
 */
export function findSqlc() {
  const sqlc = find("sqlc", process.env.SQLC);
  if (sqlc === null)
    console.warn(`skipped: no sqlc, and Go cannot install ${SQLC_VERSION}: nothing is run beside it`);
  return sqlc;
}

/**
 * A real plugin, which answers with the request that it is given.
 * @returns {string | null}
 */
export function findPlugin() {
  const plugin = find("sqlc-gen-json", process.env.SQLC_GEN_JSON);
  if (plugin === null)
    console.warn("skipped: no sqlc-gen-json, and Go cannot install it: no real plugin is run");
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
