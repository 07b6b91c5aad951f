import { homedir } from "node:os";
import { join } from "node:path";

/** Where servers that were built or installed for tests stay. Not in node_modules, which `npm ci` empties. */
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "solitude-tests");
