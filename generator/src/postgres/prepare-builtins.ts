// Writes what the prepared cluster contains. Bundled into the folder of the cluster and run there by the build.
import { writeFileSync } from "node:fs";
import { readBuiltins } from "./builtins.ts";
import { EmbeddedEngine } from "./pglite.ts";

const engine = await EmbeddedEngine.start();
writeFileSync(new URL("./builtins.json", import.meta.url), JSON.stringify(await readBuiltins(engine)));
process.exit(0);
