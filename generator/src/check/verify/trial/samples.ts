import type { Catalog, Oid, PgType } from "../../../model/catalog.ts";

/** How many different values of a type are at hand: of the two rows that are stored, and a third of which there is no row. */
export const PLACES = [1, 2, 3] as const;
export type Place = (typeof PLACES)[number];
/** The place that no stored row has. */
export const FRESH: Place = 3;

/** Texts that PostgreSQL may read as a value of the type, the likeliest first; each place has its own. */
export function candidates(
  oid: Oid,
  catalog: Catalog,
  place: Place,
  values?: readonly string[] | null,
): string[] {
  if (values && values.length > 0) return rotated(values, place);
  const type = catalog.types.get(oid);
  if (type === undefined) return generic(place);
  switch (type.kind) {
    case "enum":
      return rotated(type.labels, place);
    case "domain":
      return candidates(type.base, catalog, place, type.values);
    case "array":
      return [...candidates(type.element, catalog, place).map((element) => `{${quoted(element)}}`), "{}"];
    case "range":
    case "multirange":
      return rangeCandidates(type, catalog, place);
    case "composite": {
      const attributes = type.attributes.map(
        (attribute) => candidates(attribute.type, catalog, place)[0] ?? "",
      );
      return [`(${attributes.map(quoted).join(",")})`];
    }
    default:
      return [...(BASE[type.name]?.(place) ?? []), ...generic(place)];
  }
}

function rangeCandidates(type: PgType & { readonly subtype: Oid }, catalog: Catalog, place: Place): string[] {
  const sub = catalog.types.get(type.subtype);
  const bounds = sub?.kind === "range" ? sub.subtype : type.subtype;
  const lower = candidates(bounds, catalog, place)[0] ?? "";
  const range = `[${quoted(lower)},${quoted(lower)}]`;
  return type.kind === "range" ? [range] : [`{${range}}`];
}

const rotated = <T>(all: readonly T[], place: Place): T[] =>
  all.map((_, i) => all[(i + place - 1) % all.length]!);

/** As an element of an array or an attribute of a row. */
const quoted = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

const integers = (place: Place): string[] => [
  `${place}`,
  `${10 * place}`,
  `${100 * place}`,
  "0",
  `${-place}`,
  `${2000 + place}`,
];
const texts = (place: Place): string[] => {
  const letter = "abc"[place - 1]!;
  return [
    letter,
    `${letter}@example.com`,
    `https://${letter}.example.com`,
    letter.repeat(3),
    letter.repeat(8),
    letter.repeat(40),
    letter.toUpperCase(),
    letter.toUpperCase().repeat(2),
    letter.toUpperCase().repeat(3),
    `${letter}-${letter}`,
    `${letter}_${letter}`,
    `/${letter}`,
    `#${letter.repeat(6)}`,
    `${place}`,
    `+4912345678${place}`,
    `${1000 + place}`,
    `00000000-0000-4000-8000-00000000000${place}`,
    "",
  ];
};
const dates = (place: Place): string[] => [`2024-01-0${place}`, `2001-01-0${place}`, `2099-01-0${place}`];
const timestamps = (place: Place): string[] => dates(place).map((date) => `${date} 10:00:00+00`);

/** How many there are is a column's to say. */
const LENGTHS = [8, 3, 1, 2, 4, 5, 6, 7, 10, 12, 16, 24, 32, 48, 64] as const;
const bits = (place: Place): string[] =>
  LENGTHS.map((length) => place.toString(2).padStart(length, "0").slice(-length));

const BASE: Readonly<Record<string, (place: Place) => string[]>> = {
  bool: (place) => (place === 2 ? ["false", "true"] : ["true", "false"]),
  int2: integers,
  int4: integers,
  int8: integers,
  oid: integers,
  numeric: (place) => [...integers(place), `0.${place}`, `0.0${place}`],
  float4: (place) => [...integers(place), `0.${place}`],
  float8: (place) => [...integers(place), `0.${place}`],
  money: integers,
  text: texts,
  varchar: texts,
  bpchar: texts,
  name: texts,
  citext: texts,
  date: dates,
  timestamp: timestamps,
  timestamptz: timestamps,
  time: (place) => [`0${place}:00:00`],
  timetz: (place) => [`0${place}:00:00+00`],
  interval: (place) => [`${place} days`],
  uuid: (place) => [`00000000-0000-4000-8000-00000000000${place}`],
  json: (place) => [`{"a": ${place}}`, `[${place}]`, `"a"`],
  jsonb: (place) => [`{"a": ${place}}`, `[${place}]`, `"a"`],
  jsonpath: () => ["$.a"],
  bytea: (place) => [`\\x0${place}`, `\\x${`0${place}`.repeat(16)}`, `\\x${`0${place}`.repeat(32)}`],
  bit: bits,
  varbit: bits,
  inet: (place) => [`10.0.0.${place}`],
  cidr: (place) => [`10.0.${place}.0/24`],
  macaddr: (place) => [`08:00:2b:01:02:0${place}`],
  macaddr8: (place) => [`08:00:2b:01:02:03:04:0${place}`],
  point: (place) => [`(${place},${place})`],
  box: (place) => [`((${place},${place}),(0,0))`],
  circle: (place) => [`<(0,0),${place}>`],
  xml: (place) => [`<a>${place}</a>`],
  hstore: (place) => [`a=>${place}`],
  ltree: (place) => [`a.${place}`],
};

/** For types that are not known here: one of these is often a value. */
const generic = (place: Place): string[] => [
  "abc"[place - 1]!,
  `${place}`,
  `(${place},${place})`,
  `[${place},${place}]`,
  `[${place},${place},${place}]`,
  `((${place},${place}),(0,0))`,
  "1010",
  "1",
  "{}",
  "POINT(1 1)",
];
