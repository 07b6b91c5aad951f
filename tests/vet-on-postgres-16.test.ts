import { MIGRATION_RULES } from "../generator/src/check/rules/registry.ts";
import { ServerEngine } from "../generator/src/postgres/server.ts";
import { exampleText, readExample } from "../generator/test/check/rules/examples.ts";
import { vetExample } from "../generator/test/check/rules/vet-example.ts";
import { isTouched, sliceToRun } from "./long-form.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

/** What the embedded PostgreSQL 18 shows of locks, rewrites and scans must be what production's version does. */
let database: TestDatabase;
let server: ServerEngine;
beforeAll(async () => {
  database = await createDatabase(16);
  server = await ServerEngine.start(database.url);
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

const CODES = sliceToRun(
  "rules on migrations, on PostgreSQL 16",
  MIGRATION_RULES.map(({ code }) => code).filter((code) => code !== "newer-than-target"),
  4,
  {
    isTouched: (code) =>
      isTouched(`generator/src/check/rules/migrations/${code}.ts`) ||
      isTouched(`generator/test/check/rules/${code}`),
  },
);

describe.each(CODES)("%s", (code) => {
  test("the bad example is found, and the good one is not", async () => {
    const codes = async (kind: "bad" | "good"): Promise<string[]> =>
      (await vetExample(server, readExample(exampleText(code, kind)))).map((found) => found.code);
    expect(await codes("bad")).toContain(code);
    expect(await codes("good")).not.toContain(code);
  });
});
