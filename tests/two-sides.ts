import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A project: the files of its schema in their order, and its annotated queries. */
export interface Side {
  readonly schema: readonly string[];
  readonly queries: string;
}

/** Writes two projects into a folder, one below `base` and one below `head`; what stood there is gone. */
export function writeSides(folder: string, sides: Readonly<Record<"base" | "head", Side>>): void {
  for (const [side, { schema, queries }] of Object.entries(sides)) {
    const root = join(folder, side);
    rmSync(root, { recursive: true, force: true });
    mkdirSync(join(root, "schema"), { recursive: true });
    writeFileSync(
      join(root, "sqlc.yaml"),
      'version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: q.sql }]\n',
    );
    for (const [i, text] of schema.entries()) writeFileSync(join(root, `schema/${i + 1}.sql`), text);
    writeFileSync(join(root, "q.sql"), queries);
  }
}

/** Gives two projects of the same queries: with a schema, and with a migration behind it. */
export function migrated(schema: string, migration: string, queries: string): Record<"base" | "head", Side> {
  return { base: { schema: [schema], queries }, head: { schema: [schema, migration], queries } };
}
