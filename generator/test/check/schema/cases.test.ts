import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { countChanges, renderDiff } from "../../../src/check/schema/report/text.ts";
import { renderMigration, renderOnline } from "../../../src/check/schema/sql/render.ts";
import { sliceToRun } from "../../long-form.ts";
import { isTouched } from "../../touched.ts";
import { Bench } from "./bench.ts";

/**
 * A folder is a case: base.sql and head.sql, what `diff` says of them (expected.txt) and the migration (expected.sql),
 * which `writeMigration` has run on the base before it gives it;
 * where tables in use are concerned also that which leaves them so (online.sql). tests/schema-diff.test.ts runs the same on PostgreSQL 16.
 * SOLITUDE_UPDATE=1 writes the expected files anew, to be read before they are committed.
 */
const CASES = fileURLToPath(new URL("./cases", import.meta.url));
const UPDATE = process.env.SOLITUDE_UPDATE === "1";

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start(["citext", "pg_trgm"]);
});
afterAll(() => bench.close());

function expectFile(path: string, text: string): void {
  if (UPDATE) writeFileSync(path, text);
  expect(existsSync(path) ? readFileSync(path, "utf8") : "").toBe(text);
}

/** Where what compares schemas was changed, all of them are tried. */
const isSubjectTouched = isTouched("generator/src/check/schema");
const CHOSEN = sliceToRun("cases of differences between schemas", readdirSync(CASES).sort(), 3, {
  isTouched: (name) => isSubjectTouched || isTouched(`generator/test/check/schema/cases/${name}`),
});

test.each(CHOSEN)("%s", async (name) => {
  const folder = join(CASES, name);
  const [base, head] = ["base.sql", "head.sql"].map((file) => readFileSync(join(folder, file), "utf8"));
  const diff = await bench.diff(base!, head!);
  const migration = diff.migration!;
  expect(migration.unsupported).toEqual([]);
  const shown = renderDiff(diff, { color: false });
  expectFile(join(folder, "expected.txt"), `${shown}${countChanges(diff.changes)}\n`);
  expectFile(join(folder, "expected.sql"), renderMigration(migration, [name]));
  const online = join(folder, "online.sql");
  if (migration.online === null) expect(existsSync(online)).toBe(false);
  else expectFile(online, renderOnline(migration.online, [name], ""));
});
