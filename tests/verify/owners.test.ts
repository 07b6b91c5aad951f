import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../command.ts";
import { writeSides } from "../two-sides.ts";

// Who owns most tables is no less a right than another: only beside a server is it taken for whoever applied the schema.

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-owners-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TABLES = `create table t (id int primary key, note text);
create table u (id int);
grant select on u to other;
`;
const owned = (by: string): string => `alter table t owner to ${by};\nalter table u owner to ${by};\n`;
const QUERIES = "-- name: Notes :many\nselect note from t;\n";

test("every table gets another owner: whoever owned them may do nothing more", async () => {
  writeSides(folder, {
    base: { schema: [TABLES, owned("app")], queries: QUERIES },
    head: { schema: [TABLES, owned("app"), owned("other")], queries: QUERIES },
  });
  const head = join(folder, "head");
  const verdict = await runCommand(head, "verify", "--role", "app", "--against", "../base");
  expect(verdict.code).toBe(1);
  expect(verdict.err).toContain("as app: permission denied for table t");
  const { out } = await runCommand(head, "diff", "--against", "../base", "--sql");
  expect(out).toContain("alter table public.t owner to other;");
});
