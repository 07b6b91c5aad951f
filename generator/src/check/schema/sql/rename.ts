import type { Engine } from "../../../postgres/engine.ts";
import { quoteIdentifierIfNeeded } from "../../../sql/quoting.ts";
import type { Catalog } from "../catalog.ts";
import { type Rename, resolveRenames, sameUnderOtherName } from "../renames.ts";
import { withRolesOf } from "../roles.ts";
import { readCatalog } from "../snapshot/read.ts";
import type { SaidRename } from "../sources/renames.ts";

/**
 * Renames on the engine, which holds the base, what is certain to have been renamed. Everything that refers to it by
 * name (views, constraints, functions of the SQL standard) then does so by the new one.
 */
export async function renameIn(
  engine: Engine,
  base: Catalog,
  head: Catalog,
  said: readonly SaidRename[],
): Promise<{ base: Catalog; renames: readonly Rename[] }> {
  const renames: Rename[] = [];
  let now = base;
  for (const find of [
    () => resolveRenames(said, now, head),
    // Twice: a constraint's index takes a name that another leaves.
    () => sameUnderOtherName(now, head),
    () => sameUnderOtherName(now, head),
  ]) {
    const found = find();
    if (found.length === 0) continue;
    let done = 0;
    for (const rename of found) {
      const sql = withSchema(rename, now, renames);
      if (!(await runs(engine, sql))) continue;
      renames.push({ ...rename, sql });
      done++;
    }
    if (done > 0) now = withRolesOf(await readCatalog(engine), [base]);
  }
  return { base: now, renames };
}

/** Makes a schema that is new first: what moves there has to find it. */
function withSchema({ sql, schema }: Rename, now: Catalog, earlier: readonly Rename[]): string {
  if (schema === undefined || now.objects.has(`schema:${quoteIdentifierIfNeeded(schema)}`)) return sql;
  const create = `create schema ${quoteIdentifierIfNeeded(schema)}`;
  return earlier.some((rename) => rename.sql.startsWith(create)) ? sql : `${create};\n${sql}`;
}

/** A name may still be taken: then the object is made anew. */
async function runs(engine: Engine, sql: string): Promise<boolean> {
  try {
    await engine.run(sql);
    return true;
  } catch {
    return false;
  }
}
