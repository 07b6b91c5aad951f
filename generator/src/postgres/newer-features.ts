import type { FuncCall } from "libpg-query";
import { returningOf } from "./raw-parse.ts";
import { namesOf, nodesOf, type RawKind, type RawTree, type RawTrees, walkRaw } from "./raw-tree.ts";

export interface Feature {
  readonly name: string;
  /** The major version of PostgreSQL that brought it. */
  readonly since: number;
  readonly location?: number | undefined;
}

/** Built-in functions by the version that brought them, as far as they came after PostgreSQL 12. */
const FUNCTIONS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    13: "gcd lcm min_scale trim_scale gen_random_uuid is_normalized normalize jsonb_set_lax jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_tz jsonb_path_query_array_tz jsonb_path_query_first_tz",
    14: "bit_count bit_xor date_bin string_to_table trim_array unistr multirange int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange",
    15: "regexp_count regexp_instr regexp_like regexp_substr",
    16: "any_value array_sample array_shuffle date_add date_subtract erf erfc random_normal system_user",
    17: "to_bin to_oct unicode_assigned unicode_version icu_unicode_version uuid_extract_timestamp uuid_extract_version xmltext pg_basetype jsonb_populate_record_valid",
    18: "array_reverse array_sort casefold crc32 crc32c gamma lgamma uuidv4 uuidv7",
  }).flatMap(([version, names]) => names.split(" ").map((name) => [name, Number(version)] as const)),
);

type Found = Omit<Feature, "location"> | false | undefined;

/** Syntax by the grammar's node that shows it. */
const SYNTAX: { readonly [Kind in RawKind]?: (node: RawTrees[Kind]) => Found } = {
  MergeStmt: (node) => {
    const clauses = nodesOf(node.mergeWhenClauses, "MergeWhenClause");
    if (node.returningClause) return { name: "MERGE … RETURNING", since: 17 };
    if (clauses.some((c) => c.matchKind === "MERGE_WHEN_NOT_MATCHED_BY_SOURCE"))
      return { name: "WHEN NOT MATCHED BY SOURCE", since: 17 };
    return { name: "MERGE", since: 15 };
  },
  JsonTable: () => ({ name: "JSON_TABLE", since: 17 }),
  JsonFuncExpr: () => ({ name: "JSON_EXISTS, JSON_VALUE and JSON_QUERY", since: 17 }),
  JsonParseExpr: () => ({ name: "JSON()", since: 17 }),
  JsonScalarExpr: () => ({ name: "JSON_SCALAR()", since: 17 }),
  JsonSerializeExpr: () => ({ name: "JSON_SERIALIZE()", since: 17 }),
  JsonObjectConstructor: () => ({ name: "JSON_OBJECT()", since: 16 }),
  JsonArrayConstructor: () => ({ name: "JSON_ARRAY()", since: 16 }),
  JsonObjectAgg: () => ({ name: "JSON_OBJECTAGG()", since: 16 }),
  JsonArrayAgg: () => ({ name: "JSON_ARRAYAGG()", since: 16 }),
  JsonArrayQueryConstructor: () => ({ name: "JSON_ARRAY(select …)", since: 16 }),
  JsonIsPredicate: () => ({ name: "IS JSON", since: 16 }),
  ReturningOption: () => ({ name: "RETURNING WITH (OLD AS …)", since: 18 }),
  CommonTableExpr: (node) =>
    (node.search_clause || node.cycle_clause) !== undefined && {
      name: "SEARCH and CYCLE in a recursive query",
      since: 14,
    },
  RangeSubselect: (node) => !node.alias && { name: "a subquery in FROM without an alias", since: 16 },
  SelectStmt: (node) => {
    if (node.groupDistinct) return { name: "GROUP BY DISTINCT", since: 14 };
    return node.limitOption === "LIMIT_OPTION_WITH_TIES" && { name: "FETCH FIRST … WITH TIES", since: 13 };
  },
  IndexStmt: (node) => node.nulls_not_distinct === true && { name: "NULLS NOT DISTINCT", since: 15 },
  Constraint: (node) => {
    if (node.nulls_not_distinct) return { name: "NULLS NOT DISTINCT", since: 15 };
    if (node.contype === "CONSTR_GENERATED" && node.generated_kind === "v")
      return { name: "a virtual generated column", since: 18 };
    if (node.without_overlaps || node.fk_with_period)
      return { name: "WITHOUT OVERLAPS and PERIOD", since: 18 };
    if (node.contype === "CONSTR_ATTR_NOT_ENFORCED") return { name: "NOT ENFORCED", since: 18 };
    return node.fk_del_set_cols !== undefined && { name: "ON DELETE SET NULL (columns)", since: 15 };
  },
  ViewStmt: (node) =>
    JSON.stringify(node.options ?? "").includes('"security_invoker"') && {
      name: "security_invoker of a view",
      since: 15,
    },
  PartitionCmd: (node) => node.concurrent === true && { name: "DETACH PARTITION CONCURRENTLY", since: 14 },
};

/**
 * Gives what of the statement an older server would not understand, newest first.
 * @param own functions of the project's own: one that bears a new built-in's name serves older servers too
 */
export function featuresAfter(
  target: number,
  kind: RawKind,
  tree: RawTrees[RawKind],
  own: ReadonlySet<string>,
): readonly Feature[] {
  const found = new Map<string, Feature>();
  walkRaw({ [kind]: tree }, (inner, node) => {
    const feature = inner === "FuncCall" ? newFunction(node, own) : newSyntax(inner, node);
    if (!feature || feature.since <= target || found.has(feature.name)) return;
    found.set(feature.name, { ...feature, location: locationIn(node) });
  });
  const old = returningOld(kind, tree);
  if (old && old.since > target) found.set(old.name, old);
  return [...found.values()].sort((a, b) => b.since - a.since);
}

function newSyntax<Kind extends RawKind>(kind: Kind, node: RawTrees[Kind]): Found {
  return SYNTAX[kind]?.(node);
}

function newFunction(node: FuncCall, own: ReadonlySet<string>): Found {
  const names = namesOf(node.funcname);
  const name = names.at(-1) ?? "";
  const since = FUNCTIONS.get(name);
  const isBuiltIn = names.length === 1 || names[0] === "pg_catalog";
  return since !== undefined && isBuiltIn && !own.has(name) ? { name: `${name}()`, since } : undefined;
}

/** `returning old.a, new.b`, where no table is called so. */
function returningOld(kind: RawKind, tree: RawTrees[RawKind]): Feature | undefined {
  const returning = returningOf({ kind, tree } as RawTree);
  if (returning === undefined) return undefined;
  const aliases = JSON.stringify(tree).matchAll(/"(?:aliasname|relname)":"(old|new)"/g);
  const taken = new Set([...aliases].map((m) => m[1]));
  let feature: Feature | undefined;
  walkRaw(returning, (inner, node) => {
    if (inner !== "ColumnRef") return;
    const { fields = [] } = node;
    const [first] = namesOf(fields);
    if ((first === "old" || first === "new") && fields.length > 1 && !taken.has(first))
      feature ??= { name: "OLD and NEW in RETURNING", since: 18, location: node.location };
  });
  return feature;
}

function locationIn(node: RawTrees[RawKind]): number | undefined {
  const own = "location" in node && typeof node.location === "number" ? node.location : undefined;
  return own ?? (Number(/"location":(\d+)/.exec(JSON.stringify(node))?.[1] ?? Number.NaN) || undefined);
}
