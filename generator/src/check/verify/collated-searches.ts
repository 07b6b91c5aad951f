import { treeOfText } from "../../analysis/analyze-query.ts";
import type { RawRelation } from "../../postgres/catalog-objects.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import type { Engine } from "../../postgres/engine.ts";
import type { AnyNode, Expression, Query, Var } from "../../postgres/tree/node-types.ts";
import { childrenOf, everyNode } from "../../postgres/tree/walk.ts";
import { quoteIdentifierIfNeeded } from "../../sql/quoting.ts";

/** What a release does not do under a collation that takes different texts for equal. */
interface Search {
  readonly what: string;
  /** Whether PostgreSQL 18 does it. */
  readonly isNewer: boolean;
}

const newer = (what: string): Search => ({ what, isNewer: true });
const never = (what: string): Search => ({ what, isNewer: false });

/** By the source of their functions; each was called on PostgreSQL 16 and 18. */
const SEARCHES: Readonly<Record<string, Search>> = {
  textlike: newer("LIKE"),
  textnlike: newer("LIKE"),
  namelike: newer("LIKE"),
  namenlike: newer("LIKE"),
  textpos: newer("substring searches"),
  replace_text: newer("substring searches"),
  split_part: newer("substring searches"),
  text_to_array: newer("substring searches"),
  text_to_array_null: newer("substring searches"),
  text_to_table: newer("substring searches"),
  text_to_table_null: newer("substring searches"),
  text_starts_with: never("substring searches"),
  texticlike: never("ILIKE"),
  texticnlike: never("ILIKE"),
  nameiclike: never("ILIKE"),
  nameicnlike: never("ILIKE"),
};
const REGULAR = never("regular expressions");

/** What a release refuses of a statement when it is executed. */
interface SearchRefusal {
  readonly problem: string;
  /** The key of the column whose collation it is, where one is searched. */
  readonly object?: string;
}

/** Says of a statement what a release refuses of it; null where nothing. */
type SearchProblem = (text: string) => Promise<SearchRefusal | null>;

/**
 * Reads which collations of a schema take different texts for equal, and finds what searches under them: in a statement, in views that it reads, as far as it asks
 * for what they compute, and in the bodies of functions that are queries.
 * @param target the major version, or null for the newest
 */
export async function searchesUnder(
  engine: Engine,
  reader: CatalogReader,
  target: number | null,
): Promise<SearchProblem> {
  const collations = await engine.run("select oid from pg_collation where not collisdeterministic");
  if (collations.length === 0) return async () => null;
  const loose = new Set(collations.map(({ oid }) => Number(oid)));
  const functions = await engine.run(
    `select oid, prosrc from pg_proc where pronamespace = 'pg_catalog'::regnamespace and (prosrc like '%regex%' or prosrc in (${Object.keys(
      SEARCHES,
    )
      .map((name) => `'${name}'`)
      .join(", ")}))`,
  );
  const isOlder = target !== null && target < 18;
  const searches = new Map(
    functions.flatMap(({ oid, prosrc }) => {
      const search = SEARCHES[String(prosrc)] ?? REGULAR;
      return search.isNewer && !isOlder ? [] : [[Number(oid), search] as const];
    }),
  );
  return async (text) => {
    const tree = await treeOfText(text, engine, reader);
    return tree === null ? null : new SearchFinder(reader, loose, searches).inQuery(tree.query, null);
  };
}

/** The collation that a parameter of a function has, whichever one its argument has. */
const DEFAULT_COLLATION = 100;

class SearchFinder {
  readonly #reader: CatalogReader;
  readonly #loose: ReadonlySet<number>;
  readonly #searches: ReadonlyMap<number, Search>;
  /** The functions that are looked into. */
  readonly #within = new Set<number>();
  /** Whether the default is one of an argument's collation. */
  #isDefaultLoose = false;

  constructor(reader: CatalogReader, loose: ReadonlySet<number>, searches: ReadonlyMap<number, Search>) {
    this.#reader = reader;
    this.#loose = loose;
    this.#searches = searches;
  }

  /** @param outputs the numbers of the columns that are asked for; null for all */
  inQuery(query: Query, outputs: ReadonlySet<number> | null): SearchRefusal | null {
    const { targetList, ...rest } = query;
    const asked = targetList.filter(
      ({ resno, ressortgroupref }) => ressortgroupref !== 0 || (outputs?.has(resno) ?? true),
    );
    for (const node of [rest, ...asked].flatMap((part) => [...childrenOf(part as AnyNode)])) {
      const found = this.#inNode(node, query);
      if (found !== null) return found;
    }
    for (const [i, entry] of query.rtable.entries()) {
      const view = entry.rtekind === "RTE_RELATION" ? this.#viewOf(entry.relid) : null;
      const found = view === null ? null : this.inQuery(view, columnsOf(i + 1, [rest, ...asked]));
      if (found !== null) return found;
    }
    return null;
  }

  #viewOf(relid: number): Query | null {
    const relation = this.#reader.relation(relid);
    // What a materialized view computes it has computed.
    return relation?.kind === "view" ? relation.viewQuery : null;
  }

  #inNode(node: AnyNode, query: Query): SearchRefusal | null {
    if (node.kind === "Query") return this.inQuery(node, null);
    const own = this.#atNode(node, query);
    if (own !== null) return own;
    for (const child of childrenOf(node)) {
      const found = this.#inNode(child, query);
      if (found !== null) return found;
    }
    return null;
  }

  #atNode(node: AnyNode, query: Query): SearchRefusal | null {
    if (node.kind !== "OpExpr" && node.kind !== "FuncExpr" && node.kind !== "ScalarArrayOpExpr") return null;
    const called = node.kind === "FuncExpr" ? node.funcid : node.opfuncid;
    const isLoose =
      this.#loose.has(node.inputcollid) || (this.#isDefaultLoose && node.inputcollid === DEFAULT_COLLATION);
    const search = isLoose ? this.#searches.get(called) : undefined;
    if (search === undefined) return this.#inBody(called, isLoose);
    const problem = `nondeterministic collations are not supported for ${search.what}${search.isNewer ? " before PostgreSQL 18" : ""}`;
    const object = node.args.map((arg) => this.#columnIn(arg, query)).find((one) => one !== null);
    return { problem, ...(object != null && { object }) };
  }

  #inBody(fn: number, isLoose: boolean): SearchRefusal | null {
    const bodies = this.#reader.function(fn)?.bodyLanguage === "sql" ? this.#reader.body(fn) : null;
    if (!bodies || this.#within.has(fn)) return null;
    const before = this.#isDefaultLoose;
    this.#within.add(fn);
    this.#isDefaultLoose = isLoose;
    let found: SearchRefusal | null = null;
    for (const body of bodies) found ??= this.inQuery(body, null);
    this.#isDefaultLoose = before;
    this.#within.delete(fn);
    return found;
  }

  /** The key of a table's column that an expression looks at, be it through views. */
  #columnIn(expression: Expression, query: Query): string | null {
    const variable = everyNode(expression).find(
      (node): node is Var => node.kind === "Var" && this.#loose.has(node.varcollid),
    );
    return variable === undefined || variable.varlevelsup > 0 ? null : this.#columnOf(variable, query);
  }

  #columnOf({ varno, varattno }: Var, query: Query): string | null {
    const entry = query.rtable[varno - 1];
    if (entry?.rtekind !== "RTE_RELATION") return null;
    const view = this.#viewOf(entry.relid);
    if (view === null) return keyOf(this.#reader.relation(entry.relid), varattno);
    const shown = view.targetList.find(({ resno }) => resno === varattno);
    return shown === undefined ? null : this.#columnIn(shown.expr, view);
  }
}

function keyOf(relation: RawRelation | undefined, attno: number): string | null {
  const column = relation?.columns.get(attno);
  if (relation?.kind !== "table" && relation?.kind !== "partitioned table") return null;
  return column === undefined
    ? null
    : `column:${[relation.schema, relation.name, column.name].map((name) => quoteIdentifierIfNeeded(name)).join(".")}`;
}

/** The columns of an entry of the range table that are asked for; null for all. */
function columnsOf(varno: number, parts: readonly unknown[]): ReadonlySet<number> | null {
  const found = new Set<number>();
  for (const node of everyNode(parts)) {
    // Of one in a subquery, which counts the levels, it may be another entry's: then it is one more.
    if (node.kind !== "Var" || node.varno !== varno) continue;
    if (node.varattno === 0) return null;
    found.add(node.varattno);
  }
  return found;
}
