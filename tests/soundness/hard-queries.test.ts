import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expectedAnswers } from "../../generator/test/infer/answers.ts";
import * as objects from "./objects-schema.ts";
import * as orders from "./orders-schema.ts";
import * as rows from "./rows-schema.ts";
import * as letters from "./schema.ts";
import { openSubject, type Subject } from "./subject.ts";

describe.each([
  { file: "hard-queries.sql", tables: letters },
  { file: "orders-queries.sql", tables: orders },
  { file: "objects-queries.sql", tables: objects },
  { file: "rows-queries.sql", tables: rows },
])("$file", ({ file, tables }) => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await openSubject({ schema: tables.SCHEMA, fillings: tables.FILLINGS });
  });
  const answers = expectedAnswers(join(import.meta.dirname, file.replace(".sql", ".expected.txt")));
  afterAll(async () => {
    answers.close();
    await subject.close();
  });

  test.each(queriesOf(file))("%s", async (sql) => {
    const { query, broken } = await subject.tried(sql);
    expect(broken).toBeNull();
    const { said, expected } = answers.of(sql, query!);
    expect(said).toBe(expected);
  });
});

function queriesOf(file: string): string[] {
  return readFileSync(join(import.meta.dirname, file), "utf8")
    .replace(/^--.*$/gm, "")
    .split(/;\s*$/m)
    .map((sql) => sql.trim())
    .filter((sql) => sql !== "");
}
