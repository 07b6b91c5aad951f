import { toJsonDiagnostics } from "../../src/diagnostics/json.ts";
import { renderPretty } from "../../src/diagnostics/pretty.ts";
import type { Diagnostic } from "../../src/model/diagnostic.ts";

function render(
  text: string,
  start: string | number,
  length: number,
  more: Partial<Diagnostic> = {},
): string {
  const from = typeof start === "number" ? start : text.indexOf(start);
  const span = { file: "q.sql", start: from, end: from + length };
  const diagnostic: Diagnostic = { code: "query-invalid", severity: "error", message: "bad", span, ...more };
  return renderPretty([diagnostic], () => text, { color: false });
}

test("shows the place, the line, what is meant and the hint", () => {
  const text = "-- name: A :one\nselect nme from users;\n";
  expect(
    render(text, "nme", 3, { message: 'column "nme" does not exist', hint: "Perhaps name." }),
  ).toBe(`error[query-invalid]: column "nme" does not exist
  --> q.sql:2:8
  |
2 | select nme from users;
  |        ^^^
hint: Perhaps name.

1 error
`);
});

test("underlines by what the terminal shows: tabs, wide and combining characters, CRLF", () => {
  expect(render("\tselect 日本, nme\r\n", "nme", 3)).toContain(
    "|     select 日本, nme\n  |                  ^^^\n",
  );
  expect(render("select 'e\u0301' x", "x", 1)).toContain("  |            ^\n");
  expect(render("select 1\r\nfrom", 8, 0)).toContain("1 | select 1\n  |         ^\n");
});

test("a mark at the beginning of a file is no column", () => {
  const text = "\uFEFFselect nme;\nselect 1;";
  expect(render(text, "nme", 3)).toContain("q.sql:1:8\n  |\n1 | select nme;\n  |        ^^^\n");
  expect(render(text, 0, 7)).toContain("q.sql:1:1\n  |\n1 | select nme;\n  | ^^^^^^\n");
  expect(render(text, "1;", 1)).toContain("q.sql:2:8\n");
});

test("shows a long span by its first three lines and its last", () => {
  const text = "a\nb\n  c\nd\ne\nf\ng";
  expect(render(text, 0, text.length)).toContain(
    "1 | a\n  | ^\n2 | b\n  | ^\n3 |   c\n  |   ^\n  …\n7 | g\n  | ^\n",
  );
});

test("cuts an overlong line around what is meant", () => {
  const out = render(`${"x".repeat(5000)} bad ${"y".repeat(5000)}`, "bad", 3);
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThan(160);
  const [line, marks] = out.split("\n").slice(3);
  expect(line!.slice(marks!.indexOf("^"), marks!.lastIndexOf("^") + 1)).toBe("bad");
});

test("survives a span beyond the text, an unreadable file, and no span", () => {
  expect(render("abc", 99, 5)).toContain("q.sql:1:4");
  const gone: Diagnostic = {
    code: "c",
    severity: "warning",
    message: "m",
    span: { file: "x", start: 3, end: 4 },
  };
  expect(renderPretty([gone], () => undefined, { color: false })).toBe(
    "warning[c]: m\n  --> x\n\n1 warning\n",
  );
  expect(renderPretty([{ code: "c", severity: "info", message: "m" }], () => "", { color: false })).toBe(
    "info[c]: m\n\n1 info\n",
  );
});

test("lets no input drive the terminal", () => {
  expect(render("select \u001b[2J", "select", 6, { message: "\u001b[31mx" })).not.toContain("\u001b");
});

test("counts what there is, in order of severity", () => {
  const one = (severity: Diagnostic["severity"]): Diagnostic => ({ code: "c", severity, message: "m" });
  const all = [one("warning"), one("error"), one("error")];
  expect(
    renderPretty(all, () => "", { color: false })
      .split("\n")
      .at(-2),
  ).toBe("2 errors, 1 warning");
  expect(renderPretty([], () => "", { color: false })).toBe("");
});

test("colors only when told to", () => {
  const all: Diagnostic[] = [{ code: "c", severity: "error", message: "m" }];
  expect(renderPretty(all, () => "", { color: true })).toContain("\u001b[31m");
});

test("gives JSON lines and columns from 1, and reads each file once", () => {
  let reads = 0;
  const span = { file: "q.sql", start: 3, end: 5 };
  const diagnostic: Diagnostic = { code: "c", severity: "error", message: "m", span };
  const json = toJsonDiagnostics(
    [diagnostic, diagnostic, { code: "d", severity: "info", message: "n" }],
    () => {
      reads++;
      return "a\r\nbcd";
    },
  );
  expect(reads).toBe(1);
  expect(json[0]).toMatchObject({ file: "q.sql", line: 2, column: 1, endLine: 2, endColumn: 3, hint: null });
  expect(json[2]).toMatchObject({ file: null, line: null, column: null });
});
