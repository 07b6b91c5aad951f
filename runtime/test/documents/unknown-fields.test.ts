import { BSON } from "mongodb";
import { keepUnknown } from "../../src/documents/unknown-fields.ts";
import { copyPlain } from "../../src/documents/values.ts";

/** Elements as they are stored, and, without `q`, as a schema knows them. */
const kept = (stored: readonly { readonly q?: unknown }[], next: readonly unknown[]) => {
  const known = stored.map(({ q: _, ...rest }) => rest);
  return keepUnknown({ list: stored }, { list: known }, { list: next }) as { list: unknown[] };
};

describe("an element keeps what the schema does not know", () => {
  const [a, b] = [
    { s: "a", n: 1, q: "of a" },
    { s: "b", n: 1, q: "of b" },
  ];

  test.each<[string, unknown[], unknown[]]>([
    [
      "where it has moved",
      [
        { s: "b", n: 1 },
        { s: "a", n: 1 },
      ],
      [b, a],
    ],
    [
      "where another came before it",
      [
        { s: "c", n: 1 },
        { s: "a", n: 1 },
      ],
      [{ s: "c", n: 1 }, a],
    ],
    [
      "where it was changed, and others were added",
      [
        { s: "a", n: 2 },
        { s: "b", n: 1 },
        { s: "c", n: 3 },
      ],
      [{ ...a, n: 2 }, b, { s: "c", n: 3 }],
    ],
    [
      "where it was changed and moved",
      [
        { s: "b", n: 2 },
        { s: "a", n: 2 },
      ],
      [
        { ...b, n: 2 },
        { ...a, n: 2 },
      ],
    ],
    [
      "and never another's",
      [
        { s: "z", n: 1 },
        { s: "y", n: 1 },
      ],
      [
        { s: "z", n: 1 },
        { s: "y", n: 1 },
      ],
    ],
    [
      "and no other of the same name",
      [
        { s: "a", n: 5 },
        { s: "a", n: 6 },
      ],
      [
        { s: "a", n: 5 },
        { s: "a", n: 6 },
      ],
    ],
  ])("%s", (_, next, expected) => {
    expect(kept([a, b], next).list).toEqual(expected);
  });

  test("a text that several have tells none of them", () => {
    const mails = [
      { id: "1", kind: "mail", q: 1 },
      { id: "2", kind: "mail", q: 2 },
    ];
    const next = [
      { id: "3", kind: "mail" },
      { id: "2", kind: "note" },
    ];
    expect(kept(mails, next).list).toEqual([next[0], { id: "2", kind: "note", q: 2 }]);
  });

  test("of two that it may be, it is neither", () => {
    const next = [{ s: "a", t: "y" }];
    expect(kept([{ s: "a", t: "x", q: 1 } as never, { s: "b", t: "y", q: 2 } as never], next).list).toEqual(
      next,
    );
  });

  test("an ObjectId tells it, too", () => {
    const id = new BSON.ObjectId();
    const next = [{ id: new BSON.ObjectId(id.toHexString()), n: 2 }];
    expect(kept([{ id, n: 1, q: 1 } as never], next).list).toEqual([{ id, n: 2, q: 1 }]);
  });
});

test.each(["constructor", "valueOf", "toString", "__proto__", "hasOwnProperty"])(
  "a field may be called %s",
  (name) => {
    const stored = JSON.parse(`{ "a": 1, "${name}": "kept", "o": { "b": 1, "${name}": "kept" } }`);
    const result = keepUnknown(stored, { a: 1, o: { b: 1 } }, { a: 2, o: { b: 2 } });
    expect(JSON.parse(JSON.stringify(result))).toEqual({ ...stored, a: 2, o: { ...stored.o, b: 2 } });
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  },
);

test("a field that this release knows, and another value of it has, is not taken from what was stored", () => {
  expect(keepUnknown({ a: { x: 1 } }, {}, { a: { y: 1 } })).toEqual({ a: { y: 1 } });
});

test("a copy shares nothing that can be changed", () => {
  const value = {
    list: [{ date: new Date(5), bytes: Buffer.from("a"), other: new Uint8Array([1]), big: 5n }],
    id: new BSON.ObjectId(),
    nothing: null,
  };
  const copy = copyPlain(value) as typeof value;
  expect(copy).toEqual(value);
  expect(copy.list[0]?.bytes).toBeInstanceOf(Buffer);
  copy.list[0]!.date.setTime(6);
  copy.list[0]!.bytes[0] = 0;
  copy.list[0]!.other[0] = 2;
  copy.list.reverse();
  copy.list.push(copy.list[0]!);
  expect(value.list).toEqual([
    { date: new Date(5), bytes: Buffer.from("a"), other: new Uint8Array([1]), big: 5n },
  ]);
});
