// Writes what the settings' schema says into the README and .env.example: `npm run docs`.
import { readFileSync, writeFileSync } from "node:fs";
import { exampleEnvironment, referenceTables } from "./dist/config/reference.js";

const readme = new URL("README.md", import.meta.url);
const [start, end] = ["<!-- settings: written by npm run docs -->", "<!-- /settings -->"];
const text = readFileSync(readme, "utf8");
const [from, to] = [text.indexOf(start), text.indexOf(end)];
if (from === -1 || to === -1) throw new Error(`README.md has no ${start} … ${end}`);
writeFileSync(readme, `${text.slice(0, from + start.length)}\n\n${referenceTables()}\n\n${text.slice(to)}`);
writeFileSync(new URL("../.env.example", import.meta.url), exampleEnvironment());
