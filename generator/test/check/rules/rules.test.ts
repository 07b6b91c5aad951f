import { readFileSync } from "node:fs";
import type { Found } from "../../../src/check/findings/found.ts";
import { MIGRATION_RULES, QUERY_RULES, RULES } from "../../../src/check/rules/registry.ts";
import { severitySaid } from "../../../src/config/rule-severity.ts";
import { EmbeddedEngine } from "../../../src/postgres/pglite.ts";
import { sliceToRun } from "../../long-form.ts";
import { isTouched } from "../../touched.ts";
import { exampleCodes, exampleText, readExample } from "./examples.ts";
import { vetExample } from "./vet-example.ts";

let engine: EmbeddedEngine;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
});
afterAll(() => engine.close());

test("every rule has examples, and every example a rule", () => {
  expect(exampleCodes().sort()).toEqual([...RULES.keys()].sort());
});

test("what a new rule for queries begins with finds nothing in the good examples of the others", () => {
  const script = readFileSync(new URL("../../../scripts/new-rule.mjs", import.meta.url), "utf8");
  const [, kind] = /kind === "(\w+)Stmt"/.exec(script)!;
  const statement = new RegExp(`^\\s*${kind}\\b`, "im");
  expect(exampleCodes().filter((code) => statement.test(exampleText(code, "good")))).toEqual([]);
});

test("codes are one rule's each, but where queries and migrations share one", () => {
  for (const rules of [QUERY_RULES, MIGRATION_RULES]) {
    const codes = rules.map(({ code }) => code);
    expect(codes).toEqual([...new Set(codes)]);
  }
});

/** What rules are made of; where that was changed, all of them are tried. */
const isSubjectTouched = ["rules", "migrations", "queries"].some((folder) =>
  isTouched(`generator/src/check/${folder}`),
);
const CODES = sliceToRun("rules, on their examples", [...RULES.keys()], 3, {
  isTouched: (code) => isSubjectTouched || isTouched(`generator/test/check/rules/${code}`),
});

describe.each(CODES)("%s", (code) => {
  test("finds the bad example, and each of its files that is not there before", async () => {
    const example = readExample(exampleText(code, "bad"));
    const found = await vetExample(engine, example);
    const own = found.filter((item) => item.code === code);
    expect(found.map((item) => item.code)).toContain(code);
    const isNew = (path: string): boolean =>
      !/before|queries/.test(path) && example.base.every((file) => file.path !== path);
    const quiet = example.files.filter(
      ({ path }) => isNew(path) && own.every(({ span }) => span.file !== path),
    );
    expect(quiet).toEqual([]);
    for (const { span, message } of own) {
      expect(span.end).toBeGreaterThan(span.start);
      expect(message).not.toMatch(/undefined|\[object/);
    }
  });

  test("finds nothing in the good example", async () => {
    const example = readExample(exampleText(code, "good"));
    const found = await vetExample(engine, example);
    const isLoud = (item: Found): boolean =>
      item.code === code ||
      ["error", "warning"].includes(
        severitySaid(example.options.rules, item.code) ?? RULES.get(item.code)!.severity,
      );
    expect(found.filter(isLoud).map((item) => `${item.code}: ${item.message}`)).toEqual([]);
  });
});
