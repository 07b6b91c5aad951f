import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readManual } from "../../src/diagnostics/manual.ts";

const SOURCES = fileURLToPath(new URL("../../src", import.meta.url));
const DOCS = fileURLToPath(new URL("../../../docs", import.meta.url));

/** Literals at the places where a diagnostic gets its code. */
const CODE =
  /(?:\bcode(?:: | = |, |\) \{ return )|\b(?:refused|fail|invalid|report|problem)\(\s*(?:source,\s*)?)"([a-z]+(?:-[a-z]+)+)"/g;
/** Codes that are chosen by a condition or made of parts. */
const CHOSEN = [
  ...["schema-extension", "schema-missing", "queries-missing"],
  // A difference that `verify` knows, found on a live server.
  ...["result", "parameter", "nullability", "enum", "missing-value", "constraint"].map(
    (what) => `live-${what}`,
  ),
];

/** Codes of reasons, which say why a type is what it is, and are no diagnostics. */
const REASONS = new Set(
  ["param-reason.ts", "row-count.ts"].flatMap((file) =>
    Array.from(
      readFileSync(join(SOURCES, "model", file), "utf8").matchAll(/^ {2}"([a-z-]+)": /gm),
      (m) => m[1]!,
    ),
  ),
);

function codesInSources(): Set<string> {
  const codes = new Set(CHOSEN);
  for (const entry of readdirSync(SOURCES, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".ts")) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
    for (const [, code] of text.matchAll(CODE)) if (!REASONS.has(code!)) codes.add(code!);
  }
  return codes;
}

const documented = (await readManual()).map(({ code }) => code);
const rules = readdirSync(join(DOCS, "rules")).map((name) => name.replace(/\.md$/, ""));

test("every code has its line in docs/diagnostics.md, or its page among the rules", () => {
  const known = new Set([...documented, ...rules]);
  expect([...codesInSources()].filter((code) => !known.has(code))).toEqual([]);
});

test("nothing is documented that the sources do not have, and nothing twice", () => {
  const all = readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith(".ts"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
  expect(documented.filter((code) => !CHOSEN.includes(code) && !all.includes(`"${code}"`))).toEqual([]);
  expect(documented.filter((code, i) => documented.indexOf(code) !== i)).toEqual([]);
});
