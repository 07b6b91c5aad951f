import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openSubject, type Subject } from "./subject.ts";

const QUERIES = readFileSync(join(import.meta.dirname, "hard-queries.sql"), "utf8")
  .replace(/^--.*$/gm, "")
  .split(/;\s*$/m)
  .map((sql) => sql.trim())
  .filter((sql) => sql !== "");

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

test.each(QUERIES)("%s", async (sql) => {
  expect(await subject.broken(sql)).toBeNull();
  expect(await subject.analyse(sql)).not.toBeNull();
});
