import fc from "fast-check";
import * as codec from "./whole-codec.ts";

/** The same cases at each run; SOLITUDE_SEED tries others. */
fc.configureGlobal({ seed: Number(process.env.SOLITUDE_SEED ?? 20_261_124) });

const str = fc.string({ unit: "binary" }).filter((s) => !s.includes("\0"));
const roundTrips = <T>(c: codec.Codec<T>, arbitrary: fc.Arbitrary<T>): void =>
  fc.assert(fc.property(arbitrary, (v) => void expect(c.decode(c.encode(v))).toEqual(v)));
const rangeOf = <T>(bound: fc.Arbitrary<T>): fc.Arbitrary<codec.Range<T>> =>
  fc.oneof(
    fc.constant("empty" as const),
    fc.record(
      {
        lower: fc.option(bound),
        upper: fc.option(bound),
        lowerInclusive: fc.boolean(),
        upperInclusive: fc.boolean(),
      },
      { noNullPrototype: true },
    ),
  );

test("arrays of any text, null elements included", () => {
  roundTrips(codec.array(codec.text), fc.array(fc.option(str)));
});
test("two dimensions where they were announced", () => {
  const c = codec.array<string, (string | null)[][]>(codec.text, ",", 2);
  roundTrips(c, fc.array(fc.array(fc.option(str), { minLength: 2, maxLength: 2 }), { minLength: 1 }));
});
test("nested codecs: composites with arrays, ranges and composites in them", () => {
  const inner = codec.composite<{ a: string | null; b: (string | null)[] | null }>([
    ["a", codec.text],
    ["b", codec.array(codec.text)],
  ]);
  const outer = codec.composite<{ i: object | null; r: codec.Range<string> | null }>([
    ["i", inner],
    ["r", codec.range(codec.text)],
  ]);
  const value = fc.record(
    {
      i: fc.option(
        fc.record({ a: fc.option(str), b: fc.option(fc.array(fc.option(str))) }, { noNullPrototype: true }),
      ),
      r: fc.option(rangeOf(str)),
    },
    { noNullPrototype: true },
  );
  roundTrips(codec.array(outer) as codec.Codec<unknown>, fc.array(fc.option(value)));
});
test("ranges and multiranges", () => {
  roundTrips(codec.range(codec.text), rangeOf(str));
  roundTrips(codec.multirange(codec.number), fc.array(rangeOf(fc.integer())));
});
test("hstore, bytea, json, dates", () => {
  roundTrips(codec.hstore, fc.dictionary(str, fc.option(str), { noNullPrototype: true }));
  roundTrips(
    codec.bytea,
    fc.uint8Array().map((b) => Buffer.from(b)),
  );
  roundTrips(
    codec.json<unknown>(),
    fc.jsonValue().map((v) => JSON.parse(JSON.stringify(v)) as unknown),
  );
});
test("computed JSON has the numbers and arrays that its type says", () => {
  const c = codec.shapedJson<unknown>({
    f: "float",
    i: "int8",
    fs: ["float"],
    o: [{ f: "float" }],
    ts: ["item"],
  });
  expect(
    c.decode('{"f": "NaN", "t": "NaN", "fs": ["-Infinity", 1, null], "o": [{"f": "Infinity", "t": "NaN"}]}'),
  ).toEqual({
    f: Number.NaN,
    t: "NaN",
    fs: [Number.NEGATIVE_INFINITY, 1, null],
    o: [{ f: Number.POSITIVE_INFINITY, t: "NaN" }],
  });
  expect(c.decode('{"i": 9007199254740991, "f": null, "ts": ["NaN"]}')).toEqual({
    i: 9007199254740991,
    f: null,
    ts: ["NaN"],
  });
  expect(() => c.decode('{"i": 9007199254740993}')).toThrow("an integer beyond");
  expect(() => c.decode('{"ts": [["a"], ["b"]]}')).toThrow("more than 1 dimension");
  expect(codec.shapedJson([["float"]]).decode('[["NaN"]]')).toEqual([[Number.NaN]]);
});
test("a numeric inside of JSON keeps its digits, and nothing else becomes a text", () => {
  const c = codec.shapedJson<unknown>({ n: "numeric", ns: ["numeric"], o: { n: "numeric" }, f: "float" });
  expect(
    c.decode(
      '{"n": 12345678901234567.89, "ns": [1.50, null, "NaN", -0.1e3], "o": {"n": 100, "x": 5}, "f": 1.5, "i": 7, "t": "#8", "##": "1", "__proto__": {"n": 1}, "any": [[1, "2"]]}',
    ),
  ).toEqual(
    JSON.parse(
      '{"n": "12345678901234567.89", "ns": ["1.50", null, "NaN", "-0.1e3"], "o": {"n": "100", "x": 5}, "f": 1.5, "i": 7, "t": "#8", "##": "1", "__proto__": {"n": 1}, "any": [[1, "2"]]}',
    ),
  );
  expect(() => c.decode('{"n": [1]}')).toThrow("more than 1 dimension");
});

test("what PostgreSQL prints", () => {
  expect(codec.array(codec.number).decode("[0:1]={1,NULL}")).toEqual([1, null]);
  expect(codec.array(codec.text).decode('{NULL,"NULL",a b,"c\\"d",""}')).toEqual([
    null,
    "NULL",
    "a b",
    'c"d',
    "",
  ]);
  expect(codec.multirange(codec.number).decode("{[1,3),[5,)}")).toHaveLength(2);
  expect(codec.bytea.decode("\\001a\\\\")).toEqual(Buffer.from([1, 97, 92]));
  expect(codec.date.decode("2024-02-29 23:30:00.123456+05:30").toISOString()).toBe(
    "2024-02-29T18:00:00.123Z",
  );
  expect(codec.date.encode(codec.date.decode("0044-03-15 00:00:00+00 BC"))).toBe(
    "0044-03-15T00:00:00.000Z BC",
  );
});
test("dates of every form PostgreSQL prints, the usual ones and the others alike", () => {
  const offset = fc.constantFrom("", "+00", "-03", "+05:30", "-12:45");
  const time = fc.date({
    min: new Date("0100-01-01T00:00:00Z"),
    max: new Date("9999-12-31T00:00:00Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(time, offset, fc.boolean(), (at, zone, hasFraction) => {
      const iso = at.toISOString();
      const fraction = hasFraction ? iso.slice(19, 23) : "";
      const text = `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction}`;
      const expected = new Date(
        `${iso.slice(0, 19)}${fraction}${zone === "" ? "Z" : zone.length === 3 ? `${zone}:00` : zone}`,
      );
      expect(codec.date.decode(text + zone)).toEqual(expected);
      // The same with a longer fraction and with seconds in the offset takes the other way.
      if (zone.length === 6) expect(codec.date.decode(`${text}${zone}:00`)).toEqual(expected);
      expect(codec.day.decode(iso.slice(0, 10))).toEqual(new Date(iso.slice(0, 10)));
      expect(codec.date.decode(codec.date.encode(at).replace("T", " ").replace("Z", "+00"))).toEqual(at);
    }),
  );
  for (const bad of ["infinity", "-infinity", "300000-01-01 00:00:00", "2026"])
    expect(() => codec.date.decode(bad)).toThrow("not a point in time");
  expect(codec.date.decode("0044-03-15 BC").getUTCFullYear()).toBe(-43);
  expect(codec.date.decode("0001-01-01 00:00:00").getUTCFullYear()).toBe(1);
  expect(codec.date.decode("1900-01-01 00:00:00-07:52:58").toISOString()).toBe("1900-01-01T07:52:58.000Z");
});
test("what cannot be held is an error that names query and column, never the value", () => {
  const read = (c: codec.Codec<unknown>, t: string | null) => () => codec.decode(t, c, "GetIt", "n");
  for (const [c, t] of [
    [codec.safeInteger, "9007199254740993"],
    [codec.date, "infinity"],
    [codec.array(codec.number), "{{1},{2}}"],
    [codec.arrayNotNull(codec.number), "{1,NULL}"],
    [codec.text, null],
  ] as const) {
    expect(read(c as codec.Codec<unknown>, t)).toThrow(/^GetIt: column "n": /);
  }
});
describe("JSON that is read and written back", () => {
  const plain = codec.jsonText<unknown>();
  const binary = codec.json<unknown>();
  const exact = codec.exactJson<unknown>();
  const beyond = [
    "9007199254740993",
    "-12345678901234567890",
    "0.12345678901234567890",
    "1e400",
    "-1E+400",
    "1e-400",
    "100000000000000000000000000000000000000001",
    "1.00000000000000000000000001e5",
  ];
  const within = [
    "9007199254740992",
    "0.30000000000000004",
    "1e22",
    "10000000000000000000000",
    "5e-324",
    "-0",
    "0.10",
  ];
  const forms = (number: string): string[] => [
    number,
    `[${number}]`,
    `[1, ${number}]`,
    `{"a":${number}}`,
    `{"a": {"b": [null, ${number}, "x"]}}`,
    `{"say \\"#\\", ${number}": "\\\\", "#": "##", "n":\n${number} }`,
  ];

  test.each(beyond)("%s is beyond a number", (number) => {
    for (const form of forms(number)) {
      expect(() => plain.decode(form)).toThrow("holds a number that JavaScript's cannot hold exactly");
      if (!/e/i.test(number))
        expect(() => binary.decode(form)).toThrow("holds a number that JavaScript's cannot hold exactly");
      const written = exact.encode(exact.decode(form));
      // The same but for white space.
      expect(written).toBe(
        form
          .replace(/([:,])\s+/g, "$1")
          .replace(" }", "}")
          .replace('",', '", '),
      );
    }
  });
  test.each(within)("%s is not", (number) => {
    for (const form of forms(number)) {
      expect(plain.decode(form)).toEqual(JSON.parse(form));
      expect(binary.decode(form)).toEqual(JSON.parse(form));
      expect(exact.decode(form)).toEqual(JSON.parse(form));
    }
  });
  test("the sign of a zero stays where it is written", () => {
    const value = [-0, { "#-0": -0, "-0": ["#-0", "-0", 0] }];
    for (const c of [codec.jsonText<unknown>(), exact, codec.shapedJson<unknown>({ f: "float" })]) {
      expect(c.encode(value)).toBe('[-0,{"#-0":-0,"-0":["#-0","-0",0]}]');
      expect(c.decode(c.encode(value))).toEqual(value);
      expect(c.encode(c.decode("-0.0"))).toBe("-0");
    }
  });
  test("what only looks like a number is a string", () => {
    const value = {
      id: "9007199254740993, 12345678901234567890",
      at: "2026-11-24 19:45:40.123456789012345",
      "1e400": ["#1", "##12345678901234567890", '"', "\\", '\\"12345678901234567890'],
    };
    expect(plain.decode(JSON.stringify(value))).toEqual(value);
    expect(exact.decode(exact.encode(value))).toEqual(value);
    const both = { ...value, n: new codec.JsonNumber("12345678901234567890") };
    expect(exact.encode(both)).toContain('"n":12345678901234567890');
    expect(exact.decode(exact.encode(both))).toEqual(both);
  });
  test("any text with any number in it", () => {
    const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,40})(\.\d{1,40})?([eE][+-]?\d{1,4})?$/);
    const any = fc.letrec((tie) => ({
      value: fc.oneof(
        digits.map((text) => new codec.JsonNumber(text)),
        str,
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(str, tie("value"), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(any, (value) => {
        const text = exact.encode(value);
        const numbers = (t: string) => [...t.matchAll(/"(?:[^"\\]|\\.)*"|[-\d.eE+]+/g)].map(String);
        const again = numbers(exact.encode(exact.decode(text)));
        const shortest = (number: number) => (Object.is(number, -0) ? "-0" : String(number));
        for (const [i, token] of numbers(text).entries())
          if (token !== again[i]) expect(again[i]).toBe(shortest(Number(token)));
      }),
    );
  });
  test("a JsonNumber is its digits, to be had as a number too", () => {
    const number = new codec.JsonNumber("9007199254740993");
    expect([`${number}`, Number(number), JSON.stringify({ number })]).toEqual([
      "9007199254740993",
      9007199254740992,
      '{"number":"9007199254740993"}',
    ]);
    expect(() => new codec.JsonNumber("1; drop")).toThrow("not a number of JSON");
  });
  test("computed JSON holds what is known of it, and the rest to the same", () => {
    const shaped = codec.shapedJson<unknown>({ f: "float", n: "numeric" });
    expect(shaped.decode('{"f": 0.12345678901234567890, "n": 12345678901234567890, "j": 1}')).toEqual({
      f: 0.12345678901234568,
      n: "12345678901234567890",
      j: 1,
    });
    for (const part of [{ f: "float", n: "numeric" }, { f: "float" }] as const)
      expect(() => codec.shapedJson(part).decode('{"j": {"k": 12345678901234567890}}')).toThrow(
        "holds a number that JavaScript's",
      );
  });
  test.each([
    ["undefined, at $", undefined],
    ["undefined, at $.a", { a: undefined }],
    ["undefined, at $[1]", [1, undefined]],
    // biome-ignore lint/suspicious/noSparseArray: that is the case
    ["undefined, at $[0]", [, 1]],
    ["NaN, at $.items[2].price", { items: [1, 2, { price: Number.NaN }] }],
    ["Infinity, at $", Number.POSITIVE_INFINITY],
    ['-Infinity, at $["no name"]', { "no name": Number.NEGATIVE_INFINITY }],
    ["a Date, which would become a string: pass toISOString(), at $.at", { at: new Date(0) }],
    ["a Map or Set, which would become {}, at $.m", { m: new Map([[1, 2]]) }],
    ["a function, at $.f", { f: () => 1 }],
    ["Promise, which would be lost, at $.p", { p: Promise.resolve(1) }],
    ["RegExp, which would be lost, at $[0].r", [{ r: /x/ }]],
    ["Error, which would be lost, at $", Object.assign(new Error("no"), { code: 1 })],
    ["Uint8Array, which would be lost, at $.b", { b: new Uint8Array([1]) }],
    ["ArrayBuffer, which would be lost, at $.b", { b: new ArrayBuffer(1) }],
    ["SharedArrayBuffer, which would be lost, at $.b", { b: new SharedArrayBuffer(1) }],
    ["Array Iterator, which would be lost, at $.i", { i: [1].values() }],
    ["URLSearchParams, which would be lost, at $.q", { q: new URLSearchParams("a=1") }],
    ["WeakMap, which would be lost, at $.own", { own: { toJSON: () => new WeakMap() } }],
    ["a symbol, at $[0]", [Symbol("s")]],
    ["NaN, at $.own", { own: { toJSON: () => Number.NaN } }],
  ])("a parameter cannot hold %s", (what, value) => {
    for (const c of [plain, exact, codec.shapedJson<unknown>({ f: "float" })])
      expect(() => c.encode(value)).toThrow(
        what === "undefined, at $" ? /not a JSON value/ : `a JSON value cannot hold ${what}`,
      );
  });
  test("objects of classes are written by their fields, and boxed values as what is in them", () => {
    class Point {
      readonly x = 1;
      readonly [Symbol.toStringTag] = "Point";
    }
    class Empty {}
    const bare: unknown = Object.assign(Object.create(null), { a: 1 });
    const value = {
      point: new Point(),
      empty: new Empty(),
      bare,
      n: new Number(1),
      s: new String("s"),
      none: {},
    };
    expect(plain.encode(value)).toBe('{"point":{"x":1},"empty":{},"bare":{"a":1},"n":1,"s":"s","none":{}}');
    expect(plain.encode(Buffer.from("a"))).toBe('{"type":"Buffer","data":[97]}');
  });
  test("what says itself how it is written may be in it", () => {
    expect(plain.encode({ id: { toJSON: () => ["x"] }, u: new URL("http://a/") })).toBe(
      '{"id":["x"],"u":"http://a/"}',
    );
  });
});

test("a time of Temporal's is read from ISO 8601, and refused where the two have no form in common", () => {
  const instant = codec.temporal({ from: (text: string) => ({ text, toString: () => text }) });
  expect(instant.decode("2026-11-28 00:37:15.153977+00").text).toBe("2026-11-28T00:37:15.153977+00:00");
  expect(instant.encode(instant.decode("2026-11-28"))).toBe("2026-11-28");
  for (const text of ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "10000-01-01 00:00:00"])
    expect(() => instant.decode(text)).toThrow("not a time that Temporal reads");
  const far = { toString: () => "+010000-01-01T00:00:00Z" };
  expect(() => codec.temporal({ from: () => far }).encode(far)).toThrow("not a time that PostgreSQL reads");
});
