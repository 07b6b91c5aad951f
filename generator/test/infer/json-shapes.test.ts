import {
  arrayOf,
  concatenated,
  isNothing,
  itemOf,
  mapOf,
  NOTHING,
  objectOf,
  partsOf,
  type Step,
  stepInto,
  UNKNOWN,
  unionOf,
  withInserted,
  withNull,
  withoutItem,
  withoutKey,
  withoutNulls,
  withoutPath,
  withValueAt,
} from "../../src/infer/json-shapes.ts";
import type { JsonField, JsonItem, JsonShape } from "../../src/model/query.ts";
import { shapeText } from "./answers.ts";

// What the shapes come to, each as it is written in the expected files: `-` is an optional field, `?` a place that may be null.

const TEXT = 25;
const INT = 23;
/** A type of which nobody knows what JSON makes of it. */
const OPAQUE = 99_999;
const isPlain = (type: number): boolean => type !== OPAQUE;

const text: JsonShape = { kind: "scalar", type: TEXT, values: null };
const int: JsonShape = { kind: "scalar", type: INT, values: null };
const opaque: JsonShape = { kind: "scalar", type: OPAQUE, values: null };
const nil: JsonShape = { kind: "null" };
const one = (...values: string[]): JsonShape => ({ kind: "scalar", type: TEXT, values });
const item = (shape: JsonShape, nullable = false): JsonItem => ({ shape, nullable });
const maybe = (shape: JsonShape): JsonItem => item(shape, true);
const tuple = (...items: (JsonShape | JsonItem)[]): JsonShape => ({
  kind: "tuple",
  items: items.map((of) => ("kind" in of ? item(of) : of)),
});
/** `a-?` is a field that may be away, and null. */
const object = (fields: Record<string, JsonShape>): JsonShape => ({
  kind: "object",
  fields: Object.entries(fields).map(
    ([name, shape]): JsonField => ({
      name: name.replace(/[-?]+$/, ""),
      shape,
      nullable: name.endsWith("?"),
      ...(/-\??$/.test(name) && { optional: true as const }),
    }),
  ),
});
const array = (element: JsonShape, nullable = false): JsonShape => arrayOf([item(element, nullable)]);
const map = (value: JsonShape, nullable = false): JsonShape => mapOf([item(value, nullable)]);
const written = (shape: JsonShape | null): string | null => shape && shapeText(shape);

test.each<[string, JsonShape[], string]>([
  ["nothing", [], "nothing"],
  ["one of a kind", [text], "25"],
  ["twice the same", [text, text], "25"],
  ["two scalars", [text, int], "25 | 23"],
  ["their values beside each other", [one("a"), one("b", "a")], "25:a|b"],
  ["known values and any", [one("a"), text], "25"],
  ["any and known values", [text, one("a")], "25"],
  ["what is not known", [text, UNKNOWN, int], "json"],
  ["two arrays of one element, one with nulls", [array(text), array(text, true)], "[25?]"],
  ["two arrays", [array(text), array(int)], "[25] | [23]"],
  ["an array and an empty one", [array(text), tuple()], "[25]"],
  ["an empty one and an array", [tuple(), array(text)], "[25]"],
  ["an array and a list", [array(text), tuple(text)], "[25] | (25)"],
  ["a list and an array", [tuple(text), array(text)], "(25) | [25]"],
  ["a map and an empty object", [map(text), object({})], "{* 25}"],
  ["an empty object and a map", [object({}), map(text)], "{* 25}"],
  ["a map and an object", [map(text), object({ a: text })], "{* 25} | {a 25}"],
  ["an object and a map", [object({ a: text }), map(text)], "{a 25} | {* 25}"],
  ["objects that differ in null", [object({ a: text }), object({ "a?": text })], "{a? 25}"],
  ["… the other way round", [object({ "a?": text }), object({ a: text })], "{a? 25}"],
  [
    "objects that differ in one type",
    [object({ a: text, b: int }), object({ a: int, b: int })],
    "{a 25 | 23, b 23}",
  ],
  ["… in two", [object({ a: text, b: int }), object({ a: int, b: text })], "{a 25, b 23} | {a 23, b 25}"],
  ["… in a key", [object({ a: text }), object({ b: text })], "{a 25} | {b 25}"],
  ["… in one key more", [object({ a: text }), object({ a: text, b: int })], "{a 25} | {a 25, b 23}"],
  ["… in what may be away", [object({ a: text }), object({ "a-": text })], "{a 25} | {a- 25}"],
  ["unions of unions", [unionOf([text, int]), unionOf([int, nil])], "25 | 23 | null"],
  [
    "what has become one with what stands before it",
    [object({ a: text, b: int }), object({ a: int, b: text }), object({ a: text, b: text })],
    "{a 23, b 25} | {a 25, b 23 | 25}",
  ],
])("a union of %s", (_, shapes, expected) => {
  expect(written(unionOf(shapes))).toBe(expected);
});

test("a union of more than anybody would read is not known, and one of as many is", () => {
  const many = (n: number) => Array.from({ length: n }, (_, i) => object({ [`a${i}`]: text }));
  expect(unionOf(many(25))).toEqual(UNKNOWN);
  expect(partsOf(unionOf(many(24)))).toHaveLength(24);
});

test("what a stored column holds stays its own in a union with itself, and with nothing else", () => {
  const stored: JsonShape = { kind: "unknown", origin: { schema: "public", table: "t", column: "j" } };
  expect(unionOf([stored, stored])).toEqual(stored);
  expect(unionOf([stored, text])).toEqual(UNKNOWN);
  const of = (column: string): JsonShape =>
    ({ ...text, origin: { schema: "public", table: "t", column } }) as never;
  expect(unionOf([of("a"), of("a")])).toEqual(of("a"));
  expect(unionOf([of("a"), { ...of("a"), values: ["x"] } as JsonShape])).toEqual(of("a"));
  expect(unionOf([of("a"), { ...of("b"), values: ["x"] } as JsonShape])).toEqual(text);
  expect(unionOf([of("a"), text])).toEqual(text);
});

test("the parts of each kind of shape", () => {
  expect([UNKNOWN, text, nil].map(partsOf)).toEqual([[], [], []]);
  expect(partsOf(object({ a: text, b: int }))).toEqual([text, int]);
  expect(partsOf(tuple(int, text))).toEqual([int, text]);
  expect(partsOf(array(int))).toEqual([int]);
  expect(partsOf(map(int))).toEqual([int]);
  expect(partsOf(unionOf([text, int]))).toEqual([text, int]);
});

test("nothing is the union of nothing, and a null of JSON is something", () => {
  expect([NOTHING, nil, UNKNOWN, text, unionOf([text, int])].map(isNothing)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});

test("a null of JSON in a place is one of the place", () => {
  const said = ({ shape, nullable }: JsonItem) => `${shapeText(shape)}${nullable ? "?" : ""}`;
  expect(said(itemOf(nil, false))).toBe("nothing?");
  expect(said(itemOf(unionOf([text, nil]), false))).toBe("25?");
  expect(said(itemOf(unionOf([text, int]), false))).toBe("25 | 23");
  expect(said(itemOf(unionOf([text, int]), true))).toBe("25 | 23?");
  expect(said(itemOf(text, true))).toBe("25?");
  expect(written(withNull(maybe(text)))).toBe("25 | null");
  expect(written(withNull(item(text)))).toBe("25");
  expect(written(mapOf([item(text), maybe(int)]))).toBe("{* 25 | 23?}");
  expect(written(mapOf([item(text), item(nil)]))).toBe("{* 25?}");
  expect(written(arrayOf([]))).toBe("[nothing]");
  expect(written(arrayOf([maybe(text), item(int)]))).toBe("[25 | 23?]");
  expect(written(arrayOf([item(text), item(nil)]))).toBe("[25?]");
});

test("of a key that comes twice the last counts that is there", () => {
  const field = (name: string, shape: JsonShape, more: Partial<JsonField> = {}): JsonField => ({
    ...{ name, shape, nullable: false },
    ...more,
  });
  const of = (...fields: JsonField[]) => written(objectOf(fields));
  expect(of(field("a", text), field("b", int), field("a", int))).toBe("{b 23, a 23}");
  expect(of(field("a", text), field("a", int, { optional: true }))).toBe("{a 25 | 23}");
  expect(of(field("a", text, { optional: true }), field("a", int, { optional: true }))).toBe("{a- 25 | 23}");
  expect(of(field("a", text, { nullable: true }), field("a", int, { optional: true }))).toBe("{a? 25 | 23}");
  expect(of(field("a", text), field("a", int, { optional: true, nullable: true }))).toBe("{a? 25 | 23}");
  expect(of(field("a", text, { optional: true }), field("a", int))).toBe("{a 23}");
});

const [key, index, word] = [
  (name: string): Step => ({ key: name }),
  (n: number): Step => ({ index: n }),
  (name: string): Step => ({ word: name }),
];

test.each<[string, JsonShape, Step, string | null]>([
  ["a field", object({ a: text }), key("a"), "25"],
  ["a field that may be null", object({ "a?": text }), key("a"), "25 | null"],
  ["a field that may be away", object({ "a-": text }), word("a"), "25, or nothing"],
  ["a field that is not there", object({ a: text }), key("b"), "nothing, or nothing"],
  ["an index into an object", object({ 0: text }), index(0), "nothing, or nothing"],
  ["a word that is a number in an object", object({ 0: text }), word("0"), "25"],
  ["a key of a map", map(text), key("a"), "25, or nothing"],
  ["a key of a map with nulls", map(text, true), word("a"), "25 | null, or nothing"],
  ["an index into a map", map(text), index(0), "nothing, or nothing"],
  ["an index of an array", array(text), index(0), "25, or nothing"],
  ["an index of an array with nulls", array(text, true), word("0"), "25 | null, or nothing"],
  ["a key of an array", array(text), key("0"), "nothing, or nothing"],
  ["a word of an array", array(text), word("a"), "nothing, or nothing"],
  ["an index of a list", tuple(text, int), index(1), "23"],
  ["an index from the end", tuple(text, int), word("-1"), "23"],
  ["an item that may be null", tuple(maybe(text)), index(0), "25 | null"],
  ["an index behind the end", tuple(text), index(1), "nothing, or nothing"],
  ["a key of a list", tuple(text), key("0"), "nothing, or nothing"],
  ["one of two", unionOf([object({ a: text }), object({ b: int })]), key("a"), "25, or nothing"],
  ["in each of two", unionOf([object({ a: text, b: int }), object({ a: int, c: int })]), key("a"), "25 | 23"],
  ["in none", NOTHING, key("a"), "nothing, or nothing"],
  ["an index of a scalar or an object", unionOf([text, object({ a: text })]), index(0), "25, or nothing"],
  ["in JSON of any kind", UNKNOWN, key("a"), null],
  ["a key of null", nil, key("a"), "nothing, or nothing"],
  ["an index of null", nil, index(0), "null, or nothing"],
  ["a key of a scalar", text, key("a"), "nothing, or nothing"],
  ["an index of a scalar", text, index(0), "25, or nothing"],
  ["a key of what may be JSON", opaque, key("a"), null],
])("a step finds %s", (_, shape, step, expected) => {
  const found = stepInto(shape, step, isPlain);
  expect(found && `${shapeText(found.shape)}${found.certain ? "" : ", or nothing"}`).toBe(expected);
});

test.each<[JsonShape, string]>([
  [object({ a: text, "b?": text, "c-": int, d: UNKNOWN, e: NOTHING }), "{a 25, b- 25, c- 23, d- json}"],
  [object({ a: object({ "b?": text }) }), "{a {b- 25}}"],
  [map(text, true), "{* 25}"],
  [map(object({ "b?": text })), "{* {b- 25}}"],
  [array(text, true), "[25?]"],
  [array(object({ "b?": text })), "[{b- 25}]"],
  [tuple(maybe(object({ "b?": text })), nil), "({b- 25}?, null)"],
  [unionOf([text, object({ "b?": text })]), "25 | {b- 25}"],
  [opaque, "json"],
  [UNKNOWN, "json"],
  [nil, "null"],
])("without nulls %#", (shape, expected) => {
  expect(written(withoutNulls(shape, isPlain))).toBe(expected);
});

test.each<[string, JsonShape, JsonShape, string | null]>([
  ["objects", object({ a: text, b: int }), object({ a: int }), "{b 23, a 23}"],
  ["an object and a map", object({ a: text }), map(int), "{* 25 | 23}"],
  ["a map and an object that may be null", map(int), object({ "a?": text }), "{* 23 | 25?}"],
  ["lists", tuple(text), tuple(int, maybe(text)), "(25, 23, 25?)"],
  ["a list and a scalar", tuple(text), int, "(25, 23)"],
  ["scalars", int, text, "(23, 25)"],
  ["an array and a list", array(text), tuple(maybe(int)), "[25 | 23?]"],
  ["a list and an array", tuple(int), array(text), "[23 | 25]"],
  ["a list and an object", tuple(int), object({ a: text }), "(23, {a 25})"],
  ["a map and a list", map(int), tuple(int), "({* 23}, 23)"],
  ["null and a list", nil, tuple(int), "(nothing?, 23)"],
  ["what is not known", UNKNOWN, tuple(int), null],
  ["a list and what is not known", tuple(int), UNKNOWN, null],
  ["what may be JSON", tuple(int), opaque, null],
  [
    "one of two",
    unionOf([object({ a: text }), tuple(int)]),
    object({ b: int }),
    "{a 25, b 23} | (23, {b 23})",
  ],
  ["with one of two", tuple(int), unionOf([text, nil]), "(23, 25) | (23, nothing?)"],
  ["with one of which one is not known", tuple(int), unionOf([text, opaque]), null],
])("%s put together", (_, a, b, expected) => {
  expect(written(concatenated(a, b, isPlain))).toBe(expected);
});

test.each<[string, JsonShape, string[], boolean, string | null]>([
  ["at no path", object({ a: text }), [], true, "{a 25}"],
  ["in place of a field", object({ a: text, b: text }), ["a"], true, "{b 25, a 23}"],
  ["of a field that may be null", object({ "a?": text }), ["a"], true, "{a 23}"],
  ["of a field that may be away", object({ "a-": text }), ["a"], true, "{a 23}"],
  ["of one that may be away, making none", object({ "a-": text }), ["a"], false, "{a- 23}"],
  ["of one that is there, making none", object({ a: text }), ["a"], false, "{a 23}"],
  ["of a new field", object({ a: text }), ["b"], true, "{a 25, b 23}"],
  ["of a new field, making none", object({ a: text }), ["b"], false, "{a 25}"],
  ["inside a field", object({ a: object({ b: text }) }), ["a", "b"], true, "{a {b 23}}"],
  ["inside what is not known", object({ a: UNKNOWN }), ["a", "b"], true, "{a json}"],
  ["inside a field that is not there", object({ a: text }), ["b", "c"], true, "{a 25}"],
  ["in a map", map(text), ["a"], true, "{* 25 | 23}"],
  ["inside a map", map(text), ["a", "b"], true, null],
  ["of an item", tuple(text, text), ["1"], true, "(25, 23)"],
  ["of an item from the end", tuple(text, text), ["-2"], true, "(23, 25)"],
  ["of the first item", tuple(text, text), ["0"], true, "(23, 25)"],
  ["behind the end", tuple(text), ["5"], true, "[25 | 23]"],
  ["in front of the start", tuple(text), ["-5"], true, "[25 | 23]"],
  ["behind the end, making none", tuple(text), ["1"], false, "(25)"],
  ["at a word in a list", tuple(text), ["a"], true, "(25)"],
  ["inside an item", tuple(object({ b: text }), text), ["0", "b"], true, "({b 23}, 25)"],
  ["inside an item that may be null", tuple(maybe(object({ b: text }))), ["0", "b"], true, "({b 23}?)"],
  ["inside an item that is not there", tuple(text), ["5", "b"], true, "(25)"],
  ["inside an item that is not known", tuple(UNKNOWN), ["0", "b"], true, "(json)"],
  ["of an element", array(text), ["0"], true, "[25 | 23]"],
  ["inside an element", array(object({ b: text })), ["0", "b"], true, "[{b 25 | 23}]"],
  ["inside an element that is not known", array(UNKNOWN), ["0", "b"], true, "[json]"],
  ["in one of two", unionOf([object({ a: text }), text]), ["a"], true, "{a 23} | 25"],
  ["in one of which one is not known", unionOf([object({ a: text }), opaque]), ["a"], true, null],
  ["in a scalar", text, ["a"], true, "25"],
  ["in null", nil, ["a"], true, "null"],
  ["in what may be JSON", opaque, ["a"], true, null],
  ["in JSON of any kind", UNKNOWN, ["a"], true, null],
])("jsonb_set %s", (_, shape, path, creates, expected) => {
  expect(written(withValueAt(shape, path, int, creates, isPlain))).toBe(expected);
});

test.each<[string, JsonShape, string[], string | null]>([
  ["at no path", object({ a: text }), [], "{a 25}"],
  ["of a new field", object({ a: text }), ["b"], "{a 25, b 23}"],
  ["of a field that may be away", object({ "a-": text, b: text }), ["a"], "{b 25, a 23}"],
  ["inside a field", object({ a: object({ b: text }) }), ["a", "c"], "{a {b 25, c 23}}"],
  ["inside a field that is not there", object({ a: text }), ["b", "c"], "{a 25}"],
  ["in a map", map(text), ["a"], "{* 25 | 23}"],
  ["inside a map", map(text), ["a", "b"], null],
  ["in a list", tuple(text), ["0"], "[25 | 23]"],
  ["inside an item", tuple(object({ b: text }), object({ b: text })), ["0", "c"], "({b 25, c 23}, {b 25})"],
  ["inside an item that is not known", tuple(UNKNOWN, text), ["0", "c"], "(json, 25)"],
  ["in an array", array(text), ["0"], "[25 | 23]"],
  ["inside an element", array(object({ b: text })), ["0", "c"], "[{b 25} | {b 25, c 23}]"],
  ["in one of two", unionOf([array(text), text]), ["0"], "[25 | 23] | 25"],
  ["in what may be JSON", opaque, ["0"], null],
])("jsonb_insert %s", (_, shape, path, expected) => {
  expect(written(withInserted(shape, path, int, isPlain))).toBe(expected);
});

test.each<[string, JsonShape, string[], string | null]>([
  ["no path", object({ a: text }), [], "{a 25}"],
  ["a field", object({ a: text, b: int }), ["a"], "{b 23}"],
  ["a field of a field", object({ a: object({ b: text, c: int }) }), ["a", "b"], "{a {c 23}}"],
  ["a field of what is not known", object({ a: UNKNOWN }), ["a", "b"], "{a json}"],
  ["a field of what is not there", object({ a: text }), ["b", "c"], "{a 25}"],
  ["a key of a map", map(text), ["a"], "{* 25}"],
  ["a field inside a map", map(object({ b: text })), ["a", "b"], "{* {b 25} | {}}"],
  ["an item", tuple(text, int), ["0"], "(23)"],
  ["an item from the end", tuple(text, int), ["-1"], "(25)"],
  ["an item that is not there", tuple(text, int), ["7"], "(25, 23)"],
  ["an item in front of the first", tuple(text, int, text), ["-5"], "(25, 23, 25)"],
  ["a field of an item", tuple(object({ b: text }), object({ b: text })), ["1", "b"], "({b 25}, {})"],
  ["an element", array(text), ["0"], "[25]"],
  ["a field of an element", array(object({ b: text })), ["0", "b"], "[{b 25} | {}]"],
  ["in one of two", unionOf([object({ a: text }), text]), ["a"], "{} | 25"],
  ["in what may be JSON", opaque, ["a"], null],
])("#- of %s", (_, shape, path, expected) => {
  expect(written(withoutPath(shape, path, isPlain))).toBe(expected);
});

test("- takes an item or a key away", () => {
  expect(written(withoutItem(tuple(text, int), 1))).toBe("(25)");
  expect(written(withoutItem(tuple(text, int), -2))).toBe("(23)");
  expect(written(withoutItem(tuple(text, int), 0))).toBe("(23)");
  expect(written(withoutItem(tuple(text), 7))).toBe("(25)");
  expect(written(withoutItem(array(text), 0))).toBe("[25]");
  expect(written(withoutItem(unionOf([tuple(text), array(int)]), 0))).toBe("[23]");
  expect(withoutItem(unionOf([tuple(text), UNKNOWN]), 0)).toBeNull();
  expect(withoutItem(object({ a: text }), 0)).toBeNull();
  expect(written(withoutKey(object({ a: text, b: int }), "a"))).toBe("{b 23}");
  expect(written(withoutKey(map(text), "a"))).toBe("{* 25}");
  expect(written(withoutKey(unionOf([object({ a: text }), map(int)]), "a"))).toBe("{* 23}");
  expect(withoutKey(tuple(text), "a")).toBeNull();
  expect(withoutKey(unionOf([object({ a: text }), tuple(text)]), "a")).toBeNull();
});
