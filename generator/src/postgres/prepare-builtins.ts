// Writes what the prepared cluster contains. Bundled into the folder of the cluster and run there by the build.
import { writeFileSync } from "node:fs";
import { packBuiltins, readBuiltins } from "./builtins.ts";
import { EmbeddedEngine } from "./pglite.ts";
import { readSystemRelations } from "./system-relations.ts";

const engine = await EmbeddedEngine.start();
writeFileSync(new URL("./builtins.json", import.meta.url), packBuiltins(await readBuiltins(engine)));
const relations = JSON.stringify(await readSystemRelations(engine));
writeFileSync(new URL("./system-relations.json", import.meta.url), relations);
process.exit(0);
