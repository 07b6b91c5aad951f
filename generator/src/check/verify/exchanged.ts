import type { Span } from "../../model/diagnostic.ts";
import type { Catalog } from "../schema/catalog.ts";
import { namesTaken } from "../schema/renames.ts";
import { droppedIn, renameIn } from "../schema/sources/renames.ts";
import type { MigrationStatement } from "./added-files.ts";
import type { Routines } from "./called.ts";

/** A name that migrations which are new give to another thing than the one that has it in the base. */
export interface Exchange {
  /** The key of what has the name, on both schemas. */
  readonly key: string;
  /** What the one that has it now is called in the base. */
  readonly from: string;
  /** The statement. */
  readonly span: Span;
  /** Whether it keeps its name, and is hidden where no schema is said. */
  readonly isHidden?: true;
}

/** Finds what has the name of another thing, of those that both schemas have: by being renamed, or moved to another schema. */
export async function exchangesBetween(
  base: Catalog,
  head: Catalog,
  statements: readonly MigrationStatement[],
  routines: Routines,
): Promise<Exchange[]> {
  const steps = [];
  for (const { statement, sql, span } of statements) {
    const { trees } = await routines.whole(statement, sql);
    for (const tree of trees) steps.push({ renamed: renameIn(tree), dropped: droppedIn(tree), span });
  }
  return namesTaken(base, steps).flatMap(({ key, from, step }) =>
    head.objects.has(key) ? [{ key, from, span: step.span }] : [],
  );
}
