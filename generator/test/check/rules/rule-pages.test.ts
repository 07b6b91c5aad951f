import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rulePage, rulesIndex } from "../../../src/check/rules/page.ts";
import { RULES } from "../../../src/check/rules/registry.ts";
import { exampleText } from "./examples.ts";

const PAGES = join(import.meta.dirname, "../../../../docs/rules");

/** The pages are made of the rules and their examples: UPDATE_PAGES=1 writes them, otherwise they must be as they would be written. */
const isUpdate = process.env.UPDATE_PAGES === "1";

beforeAll(() => {
  if (!isUpdate) return;
  rmSync(PAGES, { recursive: true, force: true });
  mkdirSync(PAGES, { recursive: true });
  for (const [name, text] of wanted()) writeFileSync(join(PAGES, name), text);
});

function wanted(): Map<string, string> {
  const pages = [...RULES.values()].map((rule): [string, string] => [
    `${rule.code}.md`,
    rulePage(rule, { bad: exampleText(rule.code, "bad"), good: exampleText(rule.code, "good") }),
  ]);
  return new Map([["README.md", rulesIndex()], ...pages]);
}

test("every rule has its page, with its examples, and no page is left over", () => {
  expect(existsSync(PAGES)).toBe(true);
  const pages = wanted();
  expect(readdirSync(PAGES).sort()).toEqual([...pages.keys()].sort());
  for (const [name, text] of pages)
    expect([name, readFileSync(join(PAGES, name), "utf8")]).toEqual([name, text]);
});
