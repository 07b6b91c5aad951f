import { isNoStricter, isNoStricterThanAll } from "../../../src/check/verify/stricter.ts";

// Who calls a stricter rule a milder one is silent about what a client is refused; who does not see a milder one cries at each step of a careful migration.

const KEY = "FOREIGN KEY (a) REFERENCES t(id)";
const list = (values: string, around = (choice: string) => `CHECK ((${choice}))`): string =>
  around(`k = ANY (ARRAY[${values}])`);

test.each([
  ["the same", "CHECK ((n > 0))", "CHECK ((n > 0))"],
  ["one that is validated", "CHECK ((n > 0))", "CHECK ((n > 0)) NOT VALID"],
  ["one that is not valid for what is there", "CHECK ((n > 0)) NOT VALID", "CHECK ((n > 0))"],
  ["one that may be asked later", "UNIQUE (n) DEFERRABLE", "UNIQUE (n)"],
  ["one that is asked later", `${KEY} DEFERRABLE INITIALLY DEFERRED`, KEY],
  ["one that is asked later, and not valid", `${KEY} DEFERRABLE INITIALLY DEFERRED NOT VALID`, KEY],
  ["one that deletes along", `${KEY} ON DELETE CASCADE`, KEY],
  ["one that deletes no more", KEY, `${KEY} ON UPDATE SET DEFAULT ON DELETE SET NULL (a)`],
  [
    "one that deletes along and is asked later",
    `${KEY} ON DELETE CASCADE DEFERRABLE`,
    `${KEY} ON DELETE RESTRICT`,
  ],
  ["more values", list("'a'::text, 'b'::text"), list("'a'::text")],
  ["as many values in another order", list("'b'::text, 'a'::text"), list("'a'::text, 'b'::text")],
  ["more numbers", list("1, '-2'::integer, (3)::numeric"), list("1, '-2'::integer")],
  ["a value with a bracket and a comma in it", list("'a],b'::text, 'c'::text"), list("'a],b'::text")],
  [
    "more values of a varchar",
    "CHECK (((k)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
    "CHECK (((k)::text = ANY ((ARRAY['a'::character varying])::text[])))",
  ],
  [
    "more values beside another rule",
    list("'a'::text, 'b'::text", (choice) => `CHECK (((${choice}) AND f(n)))`),
    list("'a'::text", (choice) => `CHECK (((${choice}) AND f(n)))`),
  ],
])("%s", (_, is, was) => {
  expect(isNoStricter(is, was)).toBe(true);
});

test.each([
  ["another one", "CHECK ((n > 1))", "CHECK ((n > 0))"],
  ["one that is asked at once", "UNIQUE (n)", "UNIQUE (n) DEFERRABLE"],
  ["another key", "FOREIGN KEY (a) REFERENCES u(id)", KEY],
  ["a key that must be whole", "FOREIGN KEY (a) REFERENCES t(id) MATCH FULL", KEY],
  ["fewer values", list("'a'::text"), list("'a'::text, 'b'::text")],
  ["other values", list("'a'::text, 'c'::text"), list("'a'::text, 'b'::text")],
  ["values of another column", list("'a'::text").replace("k =", "j ="), list("'a'::text")],
  [
    "more values and another rule",
    list("1, 2", (c) => `CHECK (((${c}) AND g(n)))`),
    list("1", (c) => `CHECK (((${c}) AND f(n)))`),
  ],
  [
    "more values that may not be",
    list("1, 2", (c) => `CHECK ((NOT (${c})))`),
    list("1", (c) => `CHECK ((NOT (${c})))`),
  ],
  [
    "more values, compared",
    list("1, 2", (c) => `CHECK (((${c}) = f(n)))`),
    list("1", (c) => `CHECK (((${c}) = f(n)))`),
  ],
  [
    "more values, compared with",
    list("1, 2", (c) => `CHECK ((b = (${c})))`),
    list("1", (c) => `CHECK ((b = (${c})))`),
  ],
  [
    "more values in one of two",
    list("1, 2", (c) => `CHECK (((${c}) OR (j = ANY (ARRAY[1]))))`),
    list("1", (c) => `CHECK (((${c}) OR (j = ANY (ARRAY[1]))))`),
  ],
  ["no values", "CHECK ((n > 0))", list("1")],
  ["values, where there were none", list("1"), "CHECK ((n > 0))"],
])("%s may refuse more", (_, is, was) => {
  expect(isNoStricter(is, was)).toBe(false);
});

const BOTH = "CHECK (((n > 0) AND (n < 10)))";
const [LOW, HIGH] = ["CHECK ((n > 0))", "CHECK ((n < 10))"] as const;

test.each([
  ["one of two conditions", LOW, [BOTH]],
  ["two that were asked apart", BOTH, [HIGH, LOW]],
  [
    "two that were asked apart, one of them not of what is there",
    `${BOTH} NOT VALID`,
    [`${HIGH} NOT VALID`, LOW],
  ],
  [
    "conditions within conditions",
    "CHECK (((a AND (n > 0)) AND (k = ' AND )'::text)))",
    [LOW, "CHECK ((a AND (k = ' AND )'::text)))"],
  ],
  ["one of two, of which the other is a choice", LOW, ["CHECK (((n > 0) AND ((a OR b))))"]],
  [
    "more values beside a condition",
    "CHECK (((k = ANY (ARRAY['a'::text, 'b'::text])) AND (n > 0)))",
    [LOW, list("'a'::text")],
  ],
  ["another key", "UNIQUE (n)", [LOW, "UNIQUE (n)"]],
] as const)("of several: %s", (_, is, were) => {
  expect(isNoStricterThanAll(is, were)).toBe(true);
});

test.each([
  ["two of which one was not asked", BOTH, [LOW]],
  ["a choice of what was asked together", "CHECK (((n > 0) OR (n < 10)))", [BOTH]],
  [
    "what is asked in brackets of two pairs",
    "CHECK (((a AND b) OR (c AND d)))",
    ["CHECK (a)", "CHECK (b)", "CHECK (c)", "CHECK (d)"],
  ],
  ["what is asked of those below alone", LOW, [`${LOW} NO INHERIT`]],
  ["a key of what a CHECK says", "UNIQUE (n)", [LOW]],
] as const)("of several, stricter: %s", (_, is, were) => {
  expect(isNoStricterThanAll(is, were)).toBe(false);
});
