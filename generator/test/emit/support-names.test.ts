import { readdirSync, readFileSync } from "node:fs";

// The files of `support` become one module, each driver's with all that its queries ask for.

const FOLDER = new URL("../../src/emit/support/", import.meta.url);
const DRIVERS = ["pg.ts", "postgres-js.ts"];

/** The names that a file declares at its top level. */
function declaredIn(file: string): string[] {
  const text = readFileSync(new URL(file, FOLDER), "utf8");
  const declarations = text.matchAll(
    /^(?:export )?(?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) ([\w$]+)/gm,
  );
  // A function has its name once for each of its signatures.
  return [...new Set(Array.from(declarations, ([, name = ""]) => name))];
}

test.each(DRIVERS)("no name is declared twice with %s", (driver) => {
  const files = readdirSync(FOLDER).filter((file) => file === driver || !DRIVERS.includes(file));
  const names = files.flatMap(declaredIn);
  expect(names.length).toBeGreaterThan(60);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
