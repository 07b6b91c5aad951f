import type { Catalog, Oid } from "../../generator/src/model/catalog.ts";

/** PostgreSQL texts of small values, by type name; the last ones of keys are in no row. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  bool: ["t", "f"],
  int2: ["1", "2", "3", "40", "50"],
  int4: ["1", "2", "3", "40", "50"],
  int8: ["1", "2", "9007199254740993"],
  oid: ["1", "2"],
  float4: ["1.5", "NaN"],
  float8: ["1.5", "-Infinity"],
  numeric: ["1.5", "2", "NaN"],
  money: ["$1.00"],
  bytea: ["\\x00ff", "\\x"],
  uuid: [1, 2, 3, 4, 5].map((n) => `00000000-0000-4000-8000-00000000000${n}`),
  date: ["2024-05-01", "0044-03-15 BC"],
  time: ["12:30:00", "24:00:00"],
  timetz: ["12:30:00+02"],
  timestamp: ["2024-05-01 12:30:00.123456", "2024-05-01 00:00:00"],
  timestamptz: ["2024-05-01 12:30:00+00", "1999-12-31 23:59:59.5+00"],
  interval: ["1 day", "-1 year"],
  json: ['{"a": [1, null, "x"]}', "null", "[]"],
  jsonb: ['{"a": [1, null, "x"]}', "null", "[]"],
  jsonpath: ["$.a"],
  xml: ["<a/>"],
  inet: ["10.0.0.1", "::1/64"],
  cidr: ["10.0.0.0/8"],
  macaddr: ["08:00:2b:01:02:03"],
  macaddr8: ["08:00:2b:01:02:03:04:05"],
  bit: ["1"],
  varbit: ["101"],
  point: ["(1,2)"],
  line: ["{1,-1,0}"],
  lseg: ["[(0,0),(1,1)]"],
  box: ["(1,1),(0,0)"],
  path: ["((0,0),(1,1))"],
  polygon: ["((0,0),(1,1),(2,0))"],
  circle: ["<(0,0),1>"],
  tsvector: ["'a':1"],
  tsquery: ["'a'"],
  hstore: ['"a"=>"1", "b"=>NULL'],
  ltree: ["a.b"],
  vector: ["[1,2,3]"],
  char: ["a"],
  name: ["a"],
  pg_lsn: ["0/1"],
};
const WORDS = ["a", 'it\'s "b" \\ {c},', "", "fourth", "fifth"];

/** The n-th small value of the type as PostgreSQL's text; `allowed` are the only ones that a CHECK lets pass. */
export function textOf(
  catalog: Catalog,
  oid: Oid,
  n: number,
  allowed: readonly string[] | null = null,
): string {
  const pick = (list: readonly string[]): string => list[n % list.length] ?? "";
  if (allowed && catalog.types.get(oid)?.kind !== "array") return pick(allowed);
  const type = catalog.types.get(oid);
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
  switch (type?.kind) {
    case "enum":
      return pick(type.labels);
    case "domain":
      return textOf(catalog, type.base, n, type.values);
    case "array": {
      const delimiter = catalog.types.get(type.element)?.name === "box" ? ";" : ",";
      const items = [quoted(textOf(catalog, type.element, n, allowed)), ...(n % 2 === 1 ? ["NULL"] : [])];
      return `{${items.join(delimiter)}}`;
    }
    case "composite":
      return `(${type.attributes.map((a, i) => (n % 2 === 1 && i === 0 ? "" : quoted(textOf(catalog, a.type, n)))).join(",")})`;
    case "range":
      return n % 2 === 1 ? "empty" : `[${quoted(textOf(catalog, type.subtype, 0))},)`;
    case "multirange": {
      const sub = catalog.types.get(type.subtype);
      return n % 2 === 1
        ? "{}"
        : `{${textOf(catalog, sub?.kind === "range" ? type.subtype : type.subtype, 0).replace(/^(?![[(])(.*)$/, '["$1",)')}}`;
    }
    default:
      return pick(TEXTS[type?.name ?? ""] ?? WORDS);
  }
}
