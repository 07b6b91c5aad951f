import { treeOfText } from "../../analysis/analyze-query.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import type { Engine } from "../../postgres/engine.ts";
import { everyNode } from "../../postgres/tree/walk.ts";

/** What no release before 18 does under a collation that takes different texts for equal, by the source of its functions. */
const SEARCHES: Readonly<Record<string, string>> = {
  textlike: "LIKE",
  textnlike: "LIKE",
  textpos: "substring searches",
  replace_text: "substring searches",
  split_part: "substring searches",
  text_to_array: "substring searches",
  text_to_array_null: "substring searches",
  text_to_table: "substring searches",
  text_to_table_null: "substring searches",
};

/** Says of a statement what a release before 18 refuses of it; null where nothing. */
export type SearchProblem = (text: string) => Promise<string | null>;

/** Reads which collations of a schema take different texts for equal, and finds what searches under them. */
export async function searchesBefore18(engine: Engine, reader: CatalogReader): Promise<SearchProblem> {
  const collations = await engine.run("select oid from pg_collation where not collisdeterministic");
  if (collations.length === 0) return async () => null;
  const loose = new Set(collations.map(({ oid }) => Number(oid)));
  const functions = await engine.run(
    `select oid, prosrc from pg_proc where pronamespace = 'pg_catalog'::regnamespace and prosrc in (${Object.keys(
      SEARCHES,
    )
      .map((name) => `'${name}'`)
      .join(", ")})`,
  );
  const searches = new Map(functions.map(({ oid, prosrc }) => [Number(oid), SEARCHES[String(prosrc)]!]));
  return async (text) => {
    const tree = await treeOfText(text, engine, reader);
    for (const node of everyNode(tree?.query)) {
      if (node.kind !== "OpExpr" && node.kind !== "FuncExpr" && node.kind !== "ScalarArrayOpExpr") continue;
      const search = searches.get(node.kind === "FuncExpr" ? node.funcid : node.opfuncid);
      if (search !== undefined && loose.has(node.inputcollid))
        return `nondeterministic collations are not supported for ${search} before PostgreSQL 18`;
    }
    return null;
  };
}
