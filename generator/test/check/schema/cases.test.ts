import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDatabase, exclusively, type TestDatabase } from "../../../../tests/postgres/database.ts";
import { applySchema } from "../../../src/analysis/apply-schema.ts";
import { compareCatalogs } from "../../../src/check/schema/compare.ts";
import { countChanges, renderDiff } from "../../../src/check/schema/report/text.ts";
import { readCatalog } from "../../../src/check/schema/snapshot/read.ts";
import { renderMigration } from "../../../src/check/schema/sql/render.ts";
import { ServerEngine } from "../../../src/postgres/server.ts";
import { difference, project, transactions } from "./project.ts";

/**
 * A folder is a case: base.sql and head.sql, what `diff` says of them (expected.txt) and the migration (expected.sql).
 * SOLITUDE_UPDATE=1 writes the expected files anew, to be read before they are committed.
 */
const CASES = fileURLToPath(new URL("./cases", import.meta.url));
const UPDATE = process.env.SOLITUDE_UPDATE === "1";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase(16);
});
afterAll(() => database.drop());

function expectFile(path: string, text: string): void {
  if (UPDATE || !existsSync(path)) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, "utf8"));
}

test.each(readdirSync(CASES))("%s", async (name) => {
  const folder = join(CASES, name);
  const diff = await difference(project(folder, "base.sql"), project(folder, "head.sql"));
  const migration = diff.migration!;
  expect(migration.unsupported).toEqual([]);
  expectFile(
    join(folder, "expected.txt"),
    `${renderDiff(diff, { color: false })}${countChanges(diff.changes)}\n`,
  );
  expectFile(join(folder, "expected.sql"), renderMigration(migration, [name]));

  // PostgreSQL 16 by itself: the base migrated is the head made afresh.
  await exclusively(16, async () => {
    const read = (file: string) => ({ path: file, text: readFileSync(join(folder, file), "utf8") });
    const migrated = await ServerEngine.start(database.url);
    const fresh = await ServerEngine.start(database.url);
    try {
      for (const [engine, file] of [
        [migrated, "base.sql"],
        [fresh, "head.sql"],
      ] as const) {
        const problems = await applySchema(engine, [read(file)]);
        expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
      }
      for (const script of transactions(migration)) await migrated.run(script);
      expect(keys(compareCatalogs(await readCatalog(migrated), await readCatalog(fresh)))).toEqual([]);
    } finally {
      await migrated.close();
      await fresh.close();
      for (const role of ["diff_reader", "diff_writer"])
        await database.pool.query(`drop role if exists ${role}`);
    }
  });
});

function keys({ added, removed, changed }: ReturnType<typeof compareCatalogs>): string[] {
  return [
    ...added.map(({ key }) => `missing: ${key}`),
    ...removed.map(({ key }) => `too much: ${key}`),
    ...changed.map(({ from, to }) => `${to.key}: ${JSON.stringify([from.properties, to.properties])}`),
  ];
}
