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
  [`select E'${"x".repeat(16_374)}\\'secret'`, "select E?"],
  [`select "a", ${"b, ".repeat(20_000)}`, `select "a", ${"b, ".repeat(20_000)}`.slice(0, 16_384)],
])("%.60s", (text, sanitized) => {
  expect(sanitize(text)).toBe(sanitized);
});
