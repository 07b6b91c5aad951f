import { sanitize } from "../../src/telemetry/sanitize.ts";

test.each([
  ["set local app.user = 'secret'", "set local app.user = ?"],
  ["select 'it''s', E'a\\'b', e'\\\\', N'x', U&'\\0041', x'1F' from t1", "select ?, ?, ?, ?, ?, ? from t1"],
  ["select 1, -2.5e10, 1_000, 0xFF, $1, a1, t.c2", "select ?, -?, ?, ?, $1, a1, t.c2"],
  ["select $$secret$$, $tag$a $$ b$tag$, $2", "select ?, ?, $2"],
  ['select "it\'s 1" from "a""b"', 'select "it\'s 1" from "a""b"'],
  ["select a -- secret\nfrom t /* secret */ where b", "select a  \nfrom t   where b"],
  ["select 'unterminated secret", "select ?"],
  ["select $x$ unterminated secret", "select ?"],
  ["savepoint s", "savepoint s"],
  [`select '${"x".repeat(20_000)}', 1`, "select ?"],
  [`select E'${"x".repeat(16_374)}\\'secret'`, "select ?"],
  [`select E'a\\'b${"x".repeat(16_371)}\\'secret'`, "select ?"],
  ["select /* a /* b */ don't */ 'secret', /* /* secret */ 'secret'", "select   ?,  "],
  ["select $é1$it's secret$é1$, é1, ée'a\\', 'secret'", "select ?, é1, ée?, ?"],
  ["select a$$, 'a $$ secret', $1$$secret$$, 1$$secret$$", "select a$$, ?, $1?, ??"],
  ["select E'a' -- it's\n \n-- b\n 'b\\' secret', 1e'a\\' secret'", "select ?, ??"],
  ["select 1 -- a\r, ' \nsecret'", "select ?  \r, ?"],
  [`select "a", ${"b, ".repeat(20_000)}`, `select "a", ${"b, ".repeat(20_000)}`.slice(0, 16_384)],
])("%.60s", (text, sanitized) => {
  expect(sanitize(text)).toBe(sanitized);
});

describe("a text put together of anything", () => {
  const LITERALS = [
    "'secret'",
    "'it''secret'",
    "E'\\'secret'",
    "e'\\\\' \t\n 'a\\'secret'",
    "$$'secret$$",
    "$é$$$secret$é$",
    "U&'secret'",
    "n'\\'",
    "1e5",
  ];
  const OTHERS = [
    "/* ' /* $$ */ ' */",
    "-- it's\r+",
    "-- $$\n+",
    "a$$",
    "é",
    '"it\'s"',
    '"$$"',
    "$1",
    "+",
    ",",
    "e",
    "ée",
    "x$e",
    "t.c",
    "::int4[]",
    'U&"a\'b"',
  ];

  /** The same numbers in each run. */
  function* numbers(seed: number): Generator<number> {
    for (let state = seed; ; state = (state * 1_103_515_245 + 12_345) % 2 ** 31) yield state >>> 8;
  }

  test("keeps no literal, and keeps the rest", () => {
    const number = numbers(13);
    const wrong: unknown[] = [];
    const pick = <T>(of: readonly T[]): T => of[number.next().value! % of.length]!;
    for (let statement = 0; statement < 5_000; statement++) {
      let text = "";
      let sanitized = "";
      for (let part = 0; part < 12; part++) {
        const literal = number.next().value! % 2 === 0;
        const one = pick(literal ? LITERALS : OTHERS);
        text += `${one} `;
        sanitized += `${literal ? "?" : one.startsWith("/*") ? " " : one.startsWith("--") ? ` ${one.slice(-2)}` : one} `;
      }
      if (sanitize(text) !== sanitized) wrong.push({ text, sanitized: sanitize(text) });
    }
    expect(wrong).toEqual([]);
  });
});
