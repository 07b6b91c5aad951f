import type { Choices } from "./choices.ts";

export type Type =
  | "int"
  | "text"
  | "bool"
  | "jsonb"
  | "int[]"
  | "numeric"
  | "timestamptz"
  | "mood"
  | "pair"
  | "int4range";
export const TYPES: readonly Type[] = [
  "int",
  "text",
  "bool",
  "jsonb",
  "int[]",
  "numeric",
  "timestamptz",
  "mood",
  "pair",
  "int4range",
];

export interface InScope {
  /** As it is written, qualified. */
  readonly sql: string;
  readonly type: Type;
}

/** What may stand at some place of a query. */
export interface Place {
  readonly columns: readonly InScope[];
  /** Columns that GROUP BY lists; aggregates take any other. Null outside of grouping. */
  readonly grouped: readonly InScope[] | null;
  readonly windows: boolean;
  /** A parenthesised subquery of one column, correlated or not; null where it would be too deep. */
  readonly subquery: ((type: Type) => string) | null;
}

const LITERALS: Readonly<Record<Type, readonly string[]>> = {
  int: ["1", "2", "0", "null::int"],
  text: ["'a'", "''", "'ab'", "null::text"],
  bool: ["true", "false", "null::bool"],
  jsonb: [`'{"k": 1}'::jsonb`, "'null'::jsonb", "'[1, null]'::jsonb", "null::jsonb"],
  "int[]": ["'{1,2}'::int[]", "'{}'::int[]", "'{1,null}'::int[]", "null::int[]"],
  numeric: ["1.5", "0::numeric", "'nan'::numeric", "null::numeric"],
  timestamptz: ["now()", "'2024-01-01'::timestamptz", "'infinity'::timestamptz", "null::timestamptz"],
  mood: ["'ok'::mood", "null::mood"],
  pair: ["row(1, 'l')::pair", "row(null, null)::pair", "null::pair"],
  int4range: ["'[1,5)'::int4range", "'empty'::int4range", "'(,3)'::int4range", "null::int4range"],
};

/** An expression of the type; `depth` bounds how far it nests. */
export function expression(type: Type, depth: number, place: Place, choices: Choices): string {
  const own = (place.grouped ?? place.columns).filter((c) => c.type === type);
  if (own.length > 0 && (depth <= 0 || !choices.onceIn(2))) return choices.pick(own).sql;
  if (depth <= 0) return choices.pick(LITERALS[type]);
  const e = (t: Type): string => expression(t, depth - 1, place, choices);
  const writers = [
    () => choices.pick(LITERALS[type]),
    ...OF_ANY_TYPE.map((write) => () => write(type, e, place)),
    ...BY_TYPE[type].map((write) => () => write(e, choices)),
    ...BY_TYPE[type].map((write) => () => write(e, choices)),
  ];
  if (place.grouped) {
    const inner: Place = { ...place, grouped: null, windows: false };
    const arg = (t: Type): string => expression(t, 1, inner, choices);
    const aggregates = AGGREGATES.filter(([t]) => t === type);
    for (const [, write] of aggregates)
      writers.push(
        () => `${write(arg, choices)}${choices.onceIn(4) ? ` filter (where ${arg("bool")})` : ""}`,
      );
  }
  if (place.windows) {
    const inner: Place = { ...place, windows: false };
    const arg = (t: Type): string => expression(t, 1, inner, choices);
    for (const [, write] of WINDOWS.filter(([t]) => t === type))
      writers.push(() => `${write(arg, choices)} over (${window(arg, choices)})`);
  }
  return choices.pick(writers)();
}

type Sub = (type: Type) => string;

const OF_ANY_TYPE: readonly ((type: Type, e: Sub, place: Place) => string)[] = [
  (t, e) => `coalesce(${e(t)}, ${e(t)})`,
  (t, e) => `nullif(${e(t)}, ${e(t)})`,
  (t, e) => `case when ${e("bool")} then ${e(t)} else ${e(t)} end`,
  (t, e) => `case when ${e("bool")} then ${e(t)} end`,
  (t, e) => `case ${e("int")} when ${e("int")} then ${e(t)} else ${e(t)} end`,
  (t, e, place) => place.subquery?.(t) ?? e(t),
  (t, e, place) => place.subquery?.(t) ?? e(t),
  (t, e) => (t === "jsonb" || t === "pair" ? e(t) : `${"greatest"}(${e(t)}, ${e(t)})`),
];

const BY_TYPE: Readonly<Record<Type, readonly ((e: Sub, choices: Choices) => string)[]>> = {
  int: [
    (e, c) => `(${e("int")} ${c.pick(["+", "-", "*", "+%"])} ${e("int")})`,
    (e) => `(${e("int")} % nullif(${e("int")}, 0))`,
    (e) => `(- ${e("int")})`,
    (e) => `length(${e("text")})`,
    (e) => `cardinality(${e("int[]")})`,
    (e) => `array_length(${e("int[]")}, 1)`,
    (e) => `array_position(${e("int[]")}, ${e("int")})`,
    (e) => `(${e("int[]")})[${e("int")}]`,
    (e) => `(${e("pair")}).x`,
    (e) => `(${e("jsonb")} ->> 'k')::int`,
    (e) => `(${e("jsonb")} -> 'k')::int`,
    (e) => `extract(year from ${e("timestamptz")})::int`,
    (e) => `extract(month from ${e("timestamptz")})::int`,
    (e, c) => `${c.pick(["lower", "upper"])}(${e("int4range")})`,
    (e) => `strict_null(${e("int")})`,
    (e) => `loose(${e("int")})`,
    (e) => `first_of(${e("int[]")})`,
    (e) => `num_nulls(${e("int")}, ${e("text")})`,
    (e) => `num_nonnulls(variadic ${e("int[]")})`,
    (e) => `strpos(${e("text")}, ${e("text")})`,
    (e) => `json_value(${e("jsonb")}, '$.k' returning int default 0 on empty)`,
    (e) => `${e("int")}::posint`,
    (e) => `(${e("numeric")})::int`,
    () => `(xpath('/a', '<a/>'))[1]::text::int`,
    (e) => `abs(${e("int")})`,
  ],
  text: [
    (e) => `(${e("text")} || ${e("text")})`,
    (e) => `(${e("text")} || ${e("int")})`,
    (e, c) =>
      `${c.pick(["upper", "lower", "trim", "reverse", "md5", "quote_literal", "quote_nullable", "quote_ident"])}(${e("text")})`,
    (e) => `substring(${e("text")} from ${e("int")})`,
    (e) => `substring(${e("text")} from 'a(b)?')`,
    (e) => `(regexp_match(${e("text")}, 'a(b)?'))[1]`,
    (e) => `regexp_replace(${e("text")}, 'a', 'b')`,
    (e) => `split_part(${e("text")}, 'a', 1)`,
    (e) => `${e("int")}::text`,
    (e) => `${e("mood")}::text`,
    (e) => `${e("jsonb")}::text`,
    (e, c) => `(${e("jsonb")} ${c.pick(["->>", "#>>"])} '${"{k}"}')`,
    (e) => `(${e("pair")}).label`,
    (e) => `to_char(${e("timestamptz")}, 'YYYY')`,
    (e) => `to_char(${e("int")}, '999')`,
    (e) => `concat(${e("text")}, ${e("int")})`,
    (e) => `concat_ws(${e("text")}, ${e("text")}, ${e("int")})`,
    (e) => `concat_ws(',', variadic ${e("int[]")})`,
    (e) => `format('%s', ${e("text")})`,
    (e) => `array_to_string(${e("int[]")}, ',', ${e("text")})`,
    (e) => `jsonb_typeof(${e("jsonb")})`,
    () => "current_schema",
    () => "current_user",
    (e) => `(${e("timestamptz")})::time::text`,
  ],
  bool: [
    (e, c) => `${e("int")} ${c.pick(["=", "<", "<>", ">="])} ${e("int")}`,
    (e) => `${e("text")} = ${e("text")}`,
    (e, c) => `${e(c.pick(["int", "text", "jsonb", "int[]"]))} is ${c.pick(["not ", ""])}null`,
    (e, c) => `${e("int")} is ${c.pick(["", "not "])}distinct from ${e("int")}`,
    (e, c) => `(${e("bool")} ${c.pick(["and", "or"])} ${e("bool")})`,
    (e, c) => `(${e("bool")} ${c.pick(["and", "or"])} ${e("bool")})`,
    (e) => `not (${e("bool")})`,
    (e, c) =>
      `(${e("bool")}) is ${c.pick(["true", "not true", "false", "not false", "unknown", "not unknown"])}`,
    (e, c) => `${e("int")} ${c.pick(["in", "not in"])} (${e("int")}, ${e("int")})`,
    (e, c) => `${e("int")} ${c.pick(["= any", "<> all", "> all", "< any"])} (${e("int[]")})`,
    (e, c) => `${e("int")} ${c.pick(["= any", "<> all"])} (array[${e("int")}, ${e("int")}])`,
    (e, c) => `${e("int")} ${c.pick(["= any", "<> all"])} (array[${e("int[]")}])`,
    (e, c) =>
      `${e("int")} ${c.pick(["between", "not between", "between symmetric"])} ${e("int")} and ${e("int")}`,
    (e, c) => `${e("text")} ${c.pick(["like", "not like", "ilike", "~", "!~*", "similar to"])} 'a%'`,
    (e, c) =>
      `(${e("int")}, ${e("text")}) ${c.pick(["=", "<", "<>", "is distinct from"])} (${e("int")}, ${e("text")})`,
    (e, c) => `(${e("int")}, ${e("text")}) is ${c.pick(["null", "not null"])}`,
    (e, c) => `(${e("pair")}) is ${c.pick(["null", "not null"])}`,
    (e) => `isempty(${e("int4range")})`,
    (e) => `${e("int4range")} @> ${e("int")}`,
    (e, c) => `${e("int[]")} ${c.pick(["&&", "@>", "="])} ${e("int[]")}`,
    (e, c) => `${e("jsonb")} ${c.pick(["@>", "?", "@?", "@@"])} '$.k'`,
    (e) => `jsonb_path_exists(${e("jsonb")}, 'strict $.z', '{}', ${e("bool")})`,
    (e) => `json_exists(${e("jsonb")}, 'strict $.z' unknown on error)`,
    (e) => `coalesce(${e("bool")}, false)`,
    (e) => `starts_with(${e("text")}, ${e("text")})`,
    (e) => `(${e("jsonb")} -> 'k')::bool`,
  ],
  jsonb: [
    (e) => `to_jsonb(${e("text")})`,
    (e) => `to_jsonb(${e("int[]")})`,
    (e) => `to_jsonb(${e("pair")})`,
    (e) => `jsonb_build_object('a', ${e("int")}, 'b', ${e("text")}, 'c', ${e("jsonb")})`,
    (e) => `jsonb_build_array(${e("int")}, ${e("text")})`,
    (e) => `json_object('k' : ${e("int")} absent on null returning jsonb)`,
    (e) => `json_array(${e("int")}, ${e("int")} null on null returning jsonb)`,
    (e) => `json_scalar(${e("text")})::jsonb`,
    (e, c) => `(${e("jsonb")} ${c.pick(["->", "#>", "-"])} '${"{k}"}')`,
    (e) => `(${e("jsonb")} || ${e("jsonb")})`,
    (e) => `jsonb_set(${e("jsonb")}, '{k}', ${e("jsonb")})`,
    (e) => `jsonb_strip_nulls(${e("jsonb")})`,
    (e) => `jsonb_path_query_first(${e("jsonb")}, '$.k')`,
    (e) => `json_query(${e("jsonb")}, '$.k')`,
    (e) => `(${e("jsonb")})['k']`,
  ],
  "int[]": [
    (e) => `array[${e("int")}, ${e("int")}]`,
    (e) => `array[array[${e("int")}, 1], array[2, ${e("int")}]]`,
    (e) => `(${e("int[]")} || ${e("int[]")})`,
    (e) => `(${e("int[]")} || ${e("int")})`,
    (e) => `array_append(${e("int[]")}, ${e("int")})`,
    (e) => `array_cat(${e("int[]")}, ${e("int[]")})`,
    (e) => `array_remove(${e("int[]")}, ${e("int")})`,
    (e) => `array_replace(${e("int[]")}, 1, ${e("int")})`,
    (e) => `array_positions(${e("int[]")}, ${e("int")})`,
    (e) => `(${e("int[]")})[${e("int")}:${e("int")}]`,
    (e) => `(${e("int[]")})[2:]`,
    (e) => `string_to_array(${e("text")}, ',')::int[]`,
    (e) => `array[${e("jsonb")}]::int[]`,
  ],
  numeric: [
    (e) => `${e("int")}::numeric`,
    (e, c) => `(${e("numeric")} ${c.pick(["+", "-", "*"])} ${e("numeric")})`,
    (e) => `(${e("numeric")} / nullif(${e("numeric")}, 0))`,
    (e) => `round(${e("numeric")}, 2)`,
    (e) => `scale(${e("numeric")})::numeric`,
    (e) => `extract(epoch from ${e("timestamptz")})`,
    (e) => `to_number(${e("text")}, '999')`,
    (e) => `(${e("jsonb")} -> 'k')::numeric`,
  ],
  timestamptz: [
    (e) => `(${e("timestamptz")} + interval '1 day')`,
    (e, c) => `date_trunc('${c.pick(["day", "year"])}', ${e("timestamptz")})`,
    (e) => `to_timestamp(${e("int")})`,
    (e) => `(${e("timestamptz")} at time zone 'UTC')::timestamptz`,
  ],
  mood: [
    (e) => `enum_first(${e("mood")})`,
    (e) => `(enum_range(null::mood))[${e("int")}]`,
    (e) => `nullif(${e("text")}, '')::mood`,
  ],
  pair: [(e) => `row(${e("int")}, ${e("text")})::pair`, (e) => `pair_of(${e("int")})`],
  int4range: [
    (e) => `(${e("int4range")} * ${e("int4range")})`,
    (e) => `int4range(least(${e("int")}, ${e("int")}), null)`,
    (e) => `range_merge(${e("int4range")}, ${e("int4range")})`,
  ],
};

const AGGREGATES: readonly (readonly [Type, (arg: Sub, choices: Choices) => string])[] = [
  ["int", () => "count(*)::int"],
  ["int", (a) => `count(distinct ${a("int")})::int`],
  ["int", (a, c) => `${c.pick(["sum", "min", "max", "bit_and", "any_value", "last_of"])}(${a("int")})::int`],
  ["int", (a) => `mode() within group (order by ${a("int")})`],
  ["int", (a) => `percentile_disc(0.5) within group (order by ${a("int")})`],
  ["int", (a) => `(array_agg(${a("int")} order by ${a("int")}))[1]`],
  ["int", (a) => `rank(1) within group (order by ${a("int")})::int`],
  ["int", () => "grouping(1)"],
  ["text", (a) => `string_agg(${a("text")}, ${a("text")})`],
  ["text", (a, c) => `${c.pick(["min", "max"])}(${a("text")})`],
  ["bool", (a, c) => `${c.pick(["bool_and", "bool_or", "every"])}(${a("bool")})`],
  ["jsonb", (a) => `jsonb_agg(${a("int")})`],
  ["jsonb", (a) => `jsonb_agg(jsonb_build_object('x', ${a("int")}, 'y', ${a("text")}))`],
  ["jsonb", (a) => `jsonb_object_agg(coalesce(${a("text")}, ''), ${a("int")})`],
  ["jsonb", (a) => `json_arrayagg(${a("int")} returning jsonb)`],
  ["jsonb", (a) => `json_objectagg('k' : ${a("int")} absent on null returning jsonb)`],
  ["int[]", (a) => `array_agg(${a("int")})`],
  ["numeric", (a, c) => `${c.pick(["avg", "sum", "stddev", "var_pop", "stddev_samp"])}(${a("numeric")})`],
  ["numeric", (a) => `corr(${a("int")}, ${a("int")})::numeric`],
  ["numeric", (a) => `percentile_cont(${a("numeric")}) within group (order by ${a("int")})::numeric`],
  ["timestamptz", (a) => `max(${a("timestamptz")})`],
  ["mood", (a) => `min(${a("mood")})`],
  ["int4range", (a) => `range_intersect_agg(${a("int4range")})`],
];

const WINDOWS: readonly (readonly [Type, (arg: Sub, choices: Choices) => string])[] = [
  ["int", (_, c) => `${c.pick(["row_number", "rank", "dense_rank"])}()`],
  ["int", (a) => `lag(${a("int")})`],
  ["int", (a) => `lead(${a("int")}, 1, ${a("int")})`],
  ["int", (a, c) => `${c.pick(["first_value", "last_value"])}(${a("int")})`],
  ["int", (a) => `nth_value(${a("int")}, 2)`],
  ["int", (a) => `ntile(${a("int")})`],
  ["int", (a, c) => `${c.pick(["sum", "max", "min", "count"])}(${a("int")})`],
  ["int", (a) => `count(*) filter (where ${a("bool")})`],
  ["int[]", (a) => `array_agg(${a("int")})`],
  ["jsonb", (a) => `jsonb_agg(${a("text")})`],
  ["text", (a) => `string_agg(${a("text")}, ',')`],
  ["numeric", (a) => `avg(${a("int")})`],
  ["bool", (a) => `bool_or(${a("bool")})`],
];

function window(arg: Sub, choices: Choices): string {
  const partition = choices.onceIn(3) ? `partition by ${arg("int")} ` : "";
  const order = `order by ${arg("int")}`;
  const frame = choices.pick([
    "",
    "",
    "rows between unbounded preceding and current row",
    "rows between current row and unbounded following",
    "rows between 1 following and 2 following",
    "rows between 2 preceding and 1 preceding",
    "rows between 0 preceding and 0 following exclude current row",
    "groups between 1 preceding and current row exclude ties",
    "range between 1 preceding and 1 following exclude group",
    "range between unbounded preceding and 1 preceding",
  ]);
  return `${partition}${order} ${frame}`;
}
