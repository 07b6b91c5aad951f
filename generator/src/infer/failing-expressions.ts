import type { Oid } from "../model/catalog.ts";
import type { RawFunction } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { AnyNode, Expression } from "../postgres/tree/node-types.ts";
import { childrenOf, everyNode } from "../postgres/tree/walk.ts";
import { constantBoolean, INT2, INT4, INT8, TEXT } from "./constants.ts";
import { typeOf } from "./expression-type.ts";
import { calledBy } from "./operators.ts";

/**
 * Tells what of an expression may raise an error for some values of its columns, as "the operator /": what is not known to have an answer for all of
 * them counts. Beyond its scope are texts that are too long for what is made of them, and times thousands of years away.
 * @returns null where nothing may
 */
export function whatMayFail(expression: Expression, catalog: CatalogReader): string | null {
  return inNode(expression, catalog, new Set());
}

/** @param bodies the functions in whose bodies it stands */
function inNode(node: AnyNode, catalog: CatalogReader, bodies: ReadonlySet<Oid>): string | null {
  const own = ofNode(node, catalog, bodies);
  if (own !== null) return own;
  for (const child of childrenOf(node)) {
    const found = inNode(child, catalog, bodies);
    if (found !== null) return found;
  }
  return null;
}

function ofNode(node: AnyNode, catalog: CatalogReader, bodies: ReadonlySet<Oid>): string | null {
  if (HARMLESS.has(node.kind)) return null;
  switch (node.kind) {
    case "OpExpr":
    case "ScalarArrayOpExpr":
    case "DistinctExpr":
    case "NullIfExpr":
      if (catalog.comparison(node.opno) !== null) return null;
      return ofCall(node, node.args, catalog, bodies) && `the operator ${catalog.operatorName(node.opno)}`;
    case "FuncExpr": {
      const name = ofCall(node, node.args, catalog, bodies);
      const isCast = /^COERCE_(?:EXPLICIT|IMPLICIT)_CAST$/.test(String(node.funcformat));
      return name && (isCast ? castTo(node.funcresulttype, catalog) : `${name}()`);
    }
    case "CoerceViaIO":
      return TEXTS.has(node.resulttype) ? null : castTo(node.resulttype, catalog);
    case "CoerceToDomain":
      return castTo(node.resulttype, catalog);
    default:
      return "a part of it that is not known here";
  }
}

const castTo = (type: Oid, catalog: CatalogReader): string =>
  `the cast to ${catalog.type(type)?.display ?? "another type"}`;

/** What computes nothing that has no answer, apart from what stands in it. */
const HARMLESS: ReadonlySet<AnyNode["kind"]> = new Set<AnyNode["kind"]>([
  "Var",
  "Const",
  "Param",
  "NamedArgExpr",
  "BoolExpr",
  "NullTest",
  "BooleanTest",
  "CaseExpr",
  "CaseWhen",
  "CaseTestExpr",
  "CoalesceExpr",
  "MinMaxExpr",
  "RowCompareExpr",
  "ArrayExpr",
  "RowExpr",
  "FieldSelect",
  "RelabelType",
  "CollateExpr",
  "ArrayCoerceExpr",
  "SubscriptingRef",
  "SQLValueFunction",
  "JsonIsPredicate",
]);

const VARCHAR = 1043;
const BPCHAR = 1042;
const TEXTS: ReadonlySet<Oid> = new Set([TEXT, VARCHAR, BPCHAR]);
const BOOL = 16;
const FLOAT4 = 700;
const FLOAT8 = 701;

/** Gives the name of the function that is called where it may fail. */
function ofCall(
  node: AnyNode,
  args: readonly Expression[],
  catalog: CatalogReader,
  bodies: ReadonlySet<Oid>,
): string | null {
  const fn = catalog.function(calledBy(node));
  if (fn === undefined) return "a function";
  const isConstant = (at: number): boolean => {
    const arg = args[at];
    return arg === undefined || everyNode(arg).every(({ kind }) => kind !== "Var" && kind !== "Param");
  };
  if (!fn.builtIn) return mayFailInBody(fn, catalog, bodies) ? fn.name : null;
  if (NEVER.has(fn.name)) return null;
  if (WIDENING[fn.name]?.has(args.length === 1 ? typeOf(args[0]!) : 0)) return null;
  if (CUTTING.has(fn.name) && args[2] !== undefined && constantBoolean(args[2]) === true) return null;
  return BY_CONSTANTS[fn.name]?.every(isConstant) ? null : fn.name;
}

/** Of a function that is a query over its arguments alone; of all others nothing is known. */
function mayFailInBody(fn: RawFunction, catalog: CatalogReader, bodies: ReadonlySet<Oid>): boolean {
  const queries = fn.bodyLanguage === "sql" && !bodies.has(fn.oid) ? catalog.body(fn.oid) : null;
  if (!queries || queries.length === 0) return !EXTENSIONS.has(fn.name);
  const within = new Set([...bodies, fn.oid]);
  return queries.some(
    (query) =>
      query.rtable.some(({ rtekind }) => rtekind !== "RTE_RESULT") ||
      query.cteList.length > 0 ||
      query.targetList.some(({ expr }) => inNode(expr, catalog, within) !== null) ||
      (query.jointree?.quals ? inNode(query.jointree.quals, catalog, within) !== null : false),
  );
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** PostgreSQL's own functions, operators' too, that have an answer for all arguments, by name: each of that name. */
const NEVER = words(`
  lower upper initcap length char_length character_length octet_length bit_length btrim ltrim rtrim md5 reverse left right
  replace translate strpos position starts_with ascii to_hex quote_literal quote_ident concat concat_ws text name
  textcat textanycat anytextcat sha224 sha256 sha384 sha512 hashtext hashint4 hashint8 hashtextextended
  numeric_add numeric_sub numeric_mul numeric_uminus numeric_uplus numeric_abs ceil ceiling floor sign
  int2and int4and int8and int2or int4or int8or int2xor int4xor int8xor int2not int4not int8not
  date date_pli date_mii date_pl_interval date_mi_interval timestamp_pl_interval timestamp_mi_interval
  interval_pl interval_mi isfinite justify_days justify_hours
  num_nulls num_nonnulls cardinality array_length array_ndims array_lower array_upper array_to_string
  arraycontains arraycontained arrayoverlap
  jsonb_object_field jsonb_object_field_text jsonb_array_element jsonb_array_element_text jsonb_extract_path jsonb_extract_path_text
  json_object_field_text json_array_element_text json_extract_path_text jsonb_typeof jsonb_contains jsonb_contained
  jsonb_exists jsonb_exists_any jsonb_exists_all jsonb_path_exists_opr jsonb_path_match_opr jsonb_pretty to_jsonb
  tsvector_concat ts_match_vq ts_match_qv strip numnode setweight
  isempty lower_inc upper_inc lower_inf upper_inf range_overlaps range_contains range_contained_by range_contains_elem elem_contained_by_range
  range_adjacent range_before range_after range_overleft range_overright range_intersect range_merge
  host masklen network netmask hostmask broadcast family network_sub network_subeq network_sup network_supeq network_overlap
`);

/** Those that have one for all arguments where these, by their places, are constants: one that is wrong is refused for every row. */
const BY_CONSTANTS: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(
    [
      ..."textlike textnlike texticlike texticnlike bpcharlike bpcharnlike bpchariclike bpcharicnlike namelike namenlike nameiclike nameicnlike".split(
        " ",
      ),
      ..."textregexeq textregexne texticregexeq texticregexne bpcharregexeq bpcharregexne bpcharicregexeq bpcharicregexne nameregexeq nameregexne".split(
        " ",
      ),
      ..."int2div int4div int8div int24div int42div int28div int82div int48div int84div int2mod int4mod int8mod mod numeric_div numeric_mod".split(
        " ",
      ),
      ..."regexp_like normalize encode digest".split(" "),
    ].map((name) => [name, [1]]),
  ),
  regexp_replace: [1, 3],
  regexp_split_to_array: [1, 2],
  substring: [1, 2],
  substr: [1, 2],
  split_part: [1, 2],
  round: [1],
  trunc: [1],
  lpad: [1],
  rpad: [1],
  to_tsvector: [0],
  string_to_array: [1, 2],
  date_trunc: [0],
  date_part: [0],
  extract: [0],
  timezone: [0],
  to_char: [1],
  // The second is a precision.
  timestamp: [1],
  time: [1],
};

/** Casts to a type that has all values of these. */
const WIDENING: Readonly<Record<string, ReadonlySet<Oid>>> = {
  int4: new Set([BOOL, INT2]),
  int8: new Set([INT2, INT4]),
  numeric: new Set([INT2, INT4, INT8, FLOAT4, FLOAT8]),
  float4: new Set([INT2, INT4, INT8]),
  float8: new Set([INT2, INT4, INT8, FLOAT4]),
  bool: new Set([INT4]),
};

/** Casts to a length, which cut off what is longer where they are written as casts, and refuse it where a value is stored. */
const CUTTING = words("varchar bpchar");

/** Functions of extensions that have an answer for all arguments. */
const EXTENSIONS = words(
  "unaccent citext similarity word_similarity strict_word_similarity soundex metaphone dmetaphone",
);
