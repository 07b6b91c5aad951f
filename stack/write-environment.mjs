/** Writes .stack/env for the stack that docker-compose.yml has started, whose secrets were copied to .stack/secrets. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { environmentOf, writeEnvironment } from "./environment.mjs";

const stack = fileURLToPath(new URL("../.stack", import.meta.url));
const password = readFileSync(join(stack, "secrets/mongo_service.password"), "utf8");
const ca = encodeURIComponent(join(stack, "secrets/ca.crt"));
const options = `replicaSet=rs0&authSource=admin&tls=true&tlsCAFile=${ca}`;
const mongo = `mongodb://solitude_service:${password}@localhost:27017/solitude?${options}`;
console.log(writeEnvironment(stack, environmentOf(stack, { mongo, temporal: "localhost:7233" })));
