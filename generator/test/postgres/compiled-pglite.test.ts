import { readPGlite, withoutImports } from "../../src/postgres/compiled-pglite.ts";

test("PGlite's module imports nothing but Node's own, and is run as a text", () => {
  const { exports } = readPGlite()()!;
  expect(exports).toMatchObject({
    PGlite: expect.any(Function),
    protocol: expect.anything(),
    types: expect.anything(),
  });
});

test.each([
  ['await import("fs/promises")', 'await importBuiltin("fs/promises")'],
  ["a(import('node:zlib'),import(\"fs\"))", "a(importBuiltin('node:zlib'),importBuiltin(\"fs\"))"],
  ["no import at all", "no import at all"],
  ["import(name)", null],
  ['import("pg")', null],
  ['module.import("fs")', null],
])("of %p becomes %p", (text, expected) => {
  expect(withoutImports(text)).toBe(expected);
});
