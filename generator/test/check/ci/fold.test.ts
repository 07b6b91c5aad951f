import { foldCauses, foldRefusals } from "../../../src/check/ci/fold.ts";
import type { Diagnostic, Severity } from "../../../src/model/diagnostic.ts";

const at = (code: string, severity: Severity, start: number, end: number, file = "2.sql"): Diagnostic => ({
  code,
  severity,
  message: `of ${code}`,
  span: { file, start, end },
});

const SCHEMA = new Set(["2.sql"]);

test("what the rules say of a statement stands below what it breaks", () => {
  const cause = {
    ...at("verify-broken", "warning", 0, 40),
    related: [{ message: "Get: gone", span: { file: "q.sql", start: 1, end: 2 } }],
  };
  const other = { ...at("verify-result", "info", 0, 40), related: cause.related };
  const rule = at("drop-column", "error", 22, 33);
  const elsewhere = [at("drop-table", "error", 50, 60), at("select-star", "warning", 0, 9, "q.sql")];
  const folded = foldCauses([cause, other, rule, ...elsewhere], SCHEMA);
  expect(folded.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
    "error verify-broken",
    "error drop-table",
    "warning select-star",
  ]);
  expect(folded[0]!.related!.map(({ message }) => message)).toEqual([
    "Get: gone",
    "verify-result: of verify-result",
    "drop-column: of drop-column",
  ]);
});

test("findings without such a cause stay as they are", () => {
  const all = [
    at("drop-column", "error", 5, 9),
    at("table-rewrite", "error", 5, 9),
    at("query-invalid", "error", 0, 9),
    // At its query, as the reason is not clear.
    at("verify-changed", "warning", 0, 9, "q.sql"),
    at("select-star", "warning", 0, 9, "q.sql"),
  ];
  expect(foldCauses(all, SCHEMA)).toEqual(all);
});

test("a query that is refused here stands below what its deployed version is refused for", () => {
  const query = (start: number) => ({ file: "q.sql", start, end: start + 5 });
  const refused = (start: number, message: string, hint?: string): Diagnostic => ({
    ...at("query-invalid", "error", start + 20, start + 30, "q.sql"),
    message,
    query: query(start),
    ...(hint !== undefined && { hint }),
  });
  const cause = (
    message: string,
    ...below: readonly (readonly [start: number, message: string])[]
  ): Diagnostic => ({
    ...at("verify-broken", "info", 0, 40),
    message,
    related: below.map(([start, said]) => ({ message: said, span: query(start) })),
  });
  const several = cause(
    "t was a table and is a view: 2 queries are concerned",
    [0, "A: cannot insert"],
    [50, "B: cannot update"],
  );
  const single = cause("C, as deployed (main), on the new schema: it is gone", [100, "the query C"]);
  const others = [refused(50, "another reason"), refused(150, "cannot insert"), refused(100, "is gone")];
  const folded = foldRefusals([
    refused(0, "cannot insert", "Make it a table."),
    refused(50, "cannot update", "Or not."),
    refused(100, "it is gone"),
    ...others,
    several,
    single,
  ]);
  expect(folded).toEqual([
    ...others,
    { ...several, severity: "error", hint: "Make it a table." },
    { ...single, severity: "error" },
  ]);
  // What says what to do says so still.
  expect(foldRefusals([refused(0, "cannot insert", "Mend it."), { ...several, hint: "Look." }])).toEqual([
    { ...several, severity: "error", hint: "Look." },
  ]);
});
