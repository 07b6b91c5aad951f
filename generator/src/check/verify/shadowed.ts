import { nameOf, partsOf } from "../../sql/quoting.ts";
import type { Catalog } from "../schema/catalog.ts";
import { lastName } from "../schema/sql/names.ts";
import type { MigrationStatement } from "./added-files.ts";
import type { Exchange } from "./exchanged.ts";

const RELATIONS: ReadonlySet<string> = new Set(["table", "view", "materialized view"]);

/**
 * Finds relations of `public` whose name a new one has in a schema that is called as a role: the search path begins with `"$user"`, so that the
 * role's sessions find that one first.
 * @param role the one that the application connects as; null where nobody says
 */
export function shadowsBetween(
  base: Catalog,
  head: Catalog,
  statements: readonly MigrationStatement[],
  role: string | null,
): Exchange[] {
  const objects = [...head.objects.values()];
  const roles = new Set(
    role === null
      ? objects.flatMap(({ kind, identity }) => (kind === "role" ? [nameOf(identity)] : []))
      : [role],
  );
  return objects.flatMap(({ kind, key, identity }): Exchange[] => {
    const [schema = "", name = ""] = partsOf(identity);
    if (!RELATIONS.has(kind) || base.objects.has(key) || !roles.has(schema)) return [];
    const hidden = objects.find(
      (one) => RELATIONS.has(one.kind) && partsOf(one.identity).join(".") === `public.${name}`,
    );
    if (hidden === undefined || !base.objects.has(hidden.key)) return [];
    const makes = statements.filter(({ sql }) => sql.toLowerCase().includes(lastName(identity)));
    const by = makes.find(({ sql }) => sql.toLowerCase().includes(schema.toLowerCase())) ?? makes[0];
    if (by === undefined) return [];
    const from = `${identity}, which sessions of ${schema} find first`;
    return [{ key: hidden.key, from, span: by.span, isHidden: true }];
  });
}
