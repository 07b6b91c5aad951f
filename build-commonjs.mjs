import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { transformSync } from "esbuild";

/**
 * Writes the package's `dist` once more as CommonJS, into `dist/cjs`: for tools that cannot load ES modules, such as Jest and
 * TypeScript's `module: commonjs`. Node itself never comes here: it takes the ES modules for `require` too, so that a process
 * has each class once.
 */

const FROM = "dist";
const TO = join(FROM, "cjs");

/** What `import.meta.url` is there. */
const URL_OF_FILE = 'const import_meta_url = require("node:url").pathToFileURL(__filename).href;';

const commonJs = (source) => {
  const { code } = transformSync(source, {
    format: "cjs",
    target: "es2023",
    platform: "node",
    define: { "import.meta.url": "import_meta_url" },
  });
  return code.includes("import_meta_url") ? `${URL_OF_FILE}\n${code}` : code;
};

const declarations = (source) =>
  source
    .replace(/^\/\/# sourceMappingURL.*\n?/gm, "")
    // A default import of `export =` needs `esModuleInterop`, which an application may not have.
    .replace(/^import (?:type )?pg from "pg";$/gm, 'import * as pg from "pg";')
    .replace(/((?:from |import\()"\.{1,2}\/[^"]*)\.ts"/g, '$1.js"');

rmSync(TO, { recursive: true, force: true });
const files = readdirSync(FROM, { recursive: true }).filter((file) => /\.(js|d\.ts)$/.test(file));
for (const file of files) {
  const source = readFileSync(join(FROM, file), "utf8");
  const target = join(TO, file);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, file.endsWith(".js") ? commonJs(source) : declarations(source));
}
writeFileSync(join(TO, "package.json"), '{ "type": "commonjs", "sideEffects": false }\n');
