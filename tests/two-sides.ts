import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes two projects of the same queries into a folder: `base` with a schema, `head` with a migration behind it. */
export function writeSides(folder: string, schema: string, migration: string, queries: string): void {
  for (const [side, files] of [
    ["base", [schema]],
    ["head", [schema, migration]],
  ] as const) {
    const root = join(folder, side);
    rmSync(root, { recursive: true, force: true });
    mkdirSync(join(root, "schema"), { recursive: true });
    writeFileSync(
      join(root, "sqlc.yaml"),
      'version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: q.sql }]\n',
    );
    for (const [i, text] of files.entries()) writeFileSync(join(root, `schema/${i + 1}.sql`), text);
    writeFileSync(join(root, "q.sql"), queries);
  }
}
