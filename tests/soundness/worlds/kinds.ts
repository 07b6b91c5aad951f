import type { Choices } from "../choices.ts";

/** A type of a random world, and how its values are written. */
export interface Kind {
  /** As SQL names it. */
  readonly sql: string;
  /** A value that is not NULL, cast where it must be; its parts may be NULL. `depth` bounds how far they nest. */
  value(choices: Choices, depth?: number): string;
  readonly element?: Kind;
  readonly fields?: readonly (readonly [name: string, kind: Kind])[];
  /** Whether `max` and `<` take it. */
  readonly ordered: boolean;
  /** A domain that is NOT NULL. */
  readonly refusesNull: boolean;
  /** All the values that there are, for CASE. */
  readonly all?: readonly string[];
}

/** All types of a world, and the statements that make those of its own. */
export interface Kinds {
  readonly ddl: string;
  readonly all: readonly Kind[];
  readonly int: Kind;
  readonly text: Kind;
  readonly bool: Kind;
  readonly jsonb: Kind;
  readonly mood: Kind;
  readonly tag: Kind;
  readonly flat: Kind;
  readonly deep: Kind;
}

const scalar = (sql: string, literals: readonly string[], rest: Partial<Kind> = {}): Kind => ({
  sql,
  value: (c) => `${c.pick(literals)}::${sql}`,
  ordered: true,
  refusesNull: false,
  ...rest,
});

export function nullOr(kind: Kind, c: Choices, depth = 1): string {
  return !kind.refusesNull && c.onceIn(3) ? `null::${kind.sql}` : kind.value(c, depth);
}

export function arrayOf(element: Kind): Kind {
  return {
    sql: `${element.sql}[]`,
    element,
    ordered: false,
    refusesNull: false,
    value: (c, depth = 1) => {
      if (depth <= 0 || c.onceIn(5)) return `'{}'::${element.sql}[]`;
      const items = Array.from({ length: 1 + c.below(2) }, () =>
        c.onceIn(4) ? "null" : element.value(c, depth - 1),
      );
      return `array[${items.join(", ")}]::${element.sql}[]`;
    },
  };
}

function composite(sql: string, fields: readonly (readonly [string, Kind])[]): Kind {
  return {
    sql,
    fields,
    ordered: false,
    refusesNull: false,
    value: (c, depth = 1) =>
      `row(${fields.map(([, kind]) => nullOr(kind, c, depth - 1)).join(", ")})::${sql}`,
  };
}

export function writeKinds(c: Choices): Kinds {
  const int = scalar("int", ["1", "2", "0", "-7"]);
  const text = scalar("text", ["'a'", "''", "'a b'", "'q\"x'", "'NULL'", "'{x,y}'", "'(a,b)'"]);
  const bool = scalar("bool", ["true", "false"], { ordered: false, all: ["true", "false"] });
  const numeric = scalar("numeric", ["1.5", "0", "'NaN'", "12345678901234567890.123456789"]);
  const bigint = scalar("bigint", ["5", "9007199254740991", "0"]);
  const float = scalar("float8", ["1.5", "'Infinity'", "'NaN'"]);
  const time = scalar("timestamptz", ["'2024-01-02 03:04:05+00'", "'infinity'", "'2023-12-31'"]);
  const date = scalar("date", ["'2024-02-29'", "'-infinity'"]);
  const jsonb = scalar(
    "jsonb",
    ["'null'", `'{"a": [1, null], "b": null}'`, `'{"a": 1.50}'`, "'[]'", `'"s"'`],
    { ordered: false },
  );
  const range = scalar("int4range", ["'[1,5)'", "'empty'", "'(,3)'"], { ordered: false });
  const mood = scalar("mood", ["'sad'", "'so so'", "'q\"uo'"], { all: ["'sad'", "'so so'", "'q\"uo'"] });
  const ints = arrayOf(int);
  const posNotNull = c.onceIn(2);
  const pos = scalar("pos", ["1", "2"], { refusesNull: posNotNull });
  const tag = scalar("tag", ["'a'", "'ab'"], { all: ["'a'", "'ab'"] });
  const tag2 = scalar("tag2", ["'a'", "'ab'"], { refusesNull: c.onceIn(3) });
  const flat = composite("flat", [
    ["a", int],
    ["b", text],
    ["c", c.pick([mood, bool, numeric, time, tag])],
  ]);
  const deep = composite("deep", [
    ["p", flat],
    ["ps", arrayOf(flat)],
    ["t", c.pick([tag, text, ints])],
    ["j", jsonb],
  ]);
  const intsDomain: Kind = { ...ints, sql: "ints", value: (x, d) => `${ints.value(x, d)}::ints` };
  const flatDomain: Kind = {
    ...flat,
    sql: "flat_domain",
    value: (x, d) => `${flat.value(x, d)}::flat_domain`,
  };
  const ddl = `
create type mood as enum ('sad', 'so so', 'q"uo');
create domain pos as int ${posNotNull ? "not null " : ""}check (value > 0);
create domain tag as text check (value in ('a', 'ab'));
create domain tag2 as tag ${tag2.refusesNull ? "not null" : ""};
create domain ints as int[] check (cardinality(value) < 9);
create type flat as (${flat.fields!.map(([n, k]) => `${n} ${k.sql}`).join(", ")});
create type deep as (${deep.fields!.map(([n, k]) => `${n} ${k.sql}`).join(", ")});
create domain flat_domain as flat ${c.onceIn(2) ? "check ((value).a is distinct from 99)" : ""};
`;
  const arrays = [int, text, mood, flat, tag, deep, flatDomain, jsonb, pos, bigint, time, range].map(arrayOf);
  const all = [
    ...[int, int, text, text, bool, numeric, bigint, float, time, date, jsonb, range, mood, mood],
    ...[pos, tag, tag2, flat, deep, intsDomain, flatDomain, flat, ...arrays],
  ];
  return { ddl, all, int, text, bool, jsonb, mood, tag, flat, deep };
}
