import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  escapeLiteral,
  nameOf,
  partsOf,
  quoteIdentifier,
  quoteIdentifierIfNeeded,
  quoteLiteral,
  unquote,
} from "../../src/sql/quoting.ts";
import { wordEnd } from "../../src/sql/words.ts";

test("what is quoted is read as what it was", () => {
  for (const text of ["", "a", 'a"b', '""', "it's", "''", "\\", "É"]) {
    expect(unquote(quoteIdentifier(text))).toBe(text);
    expect(nameOf(quoteIdentifier(text))).toBe(text);
    expect(unquote(quoteLiteral(text))).toBe(text);
    expect(partsOf(`public.${quoteIdentifier(text)}.id(int)`)).toEqual(["public", text, "id"]);
  }
  expect(escapeLiteral("a\\'b")).toBe(" E'a\\\\''b'");
});

test("a name is quoted where PostgreSQL would read something else, and folded as it does", () => {
  expect(
    ["orders", "order", "Orders", "1st", "a b", 'a"b'].map((name) => quoteIdentifierIfNeeded(name)),
  ).toEqual(["orders", '"order"', '"Orders"', '"1st"', '"a b"', '"a""b"']);
  expect(nameOf("OrdÉrs")).toBe("ordÉrs");
});

test.each([
  ["public.orders o", "public.orders"],
  ['"a.b"."c" x', '"a.b"."c"'],
  ["a . b", "a"],
  ["'it''s' || x", "'it''s'"],
  ["E'a\\'b' c", "E'a\\'b'"],
  ["$tag$ x $tag$ y", "$tag$ x $tag$"],
  ["->> 'x'", "->>"],
  ["@id::int", "@id"],
  ["sqlc.arg(x)", "sqlc.arg"],
  ["$12, $13", "$12"],
  ["1.5e3 x", "1.5e3"],
  ["a.*", "a"],
  ["), x", ")"],
  [" x", " "],
])("the word that begins %j is %j", (text, word) => {
  expect(text.slice(0, wordEnd(text, 0))).toBe(word);
});

test("quoting is written in one place", () => {
  const root = join(import.meta.dirname, "../../src");
  const others = readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    // What is generated stands alone.
    .filter((file) => file.endsWith(".ts") && !file.startsWith("emit/support/") && file !== "sql/quoting.ts")
    .filter((file) =>
      /\.replace(?:All)?\(\s*(?:'"', '""'|"'", "''"|'""', '"'|"''", "'"|\/"\/g, '""'|\/'\/g, "''")\)/.test(
        readFileSync(join(root, file), "utf8"),
      ),
    );
  expect(others).toEqual([]);
});
