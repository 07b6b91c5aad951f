import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import { toFindings } from "../../src/diagnostics/formats/finding.ts";
import {
  formatFindings,
  MACHINE_FORMATS,
  type MachineFormat,
} from "../../src/diagnostics/formats/formats.ts";
import type { ReportContext } from "../../src/diagnostics/formats/formatter.ts";
import { renderPretty } from "../../src/diagnostics/pretty.ts";
import type { Diagnostic } from "../../src/model/diagnostic.ts";

const SQL = "select 1;\nselect naem\nfrom people;\n";
const found: Diagnostic[] = [
  {
    code: "query-invalid",
    severity: "error",
    message: 'column "naem" does not exist: <b>%,\n@everyone</b>',
    hint: "Perhaps you meant `people.name`?",
    span: { file: "query.sql", start: 17, end: 21 },
    sqlState: "42703",
  },
  {
    code: "drop-table",
    severity: "warning",
    message: "spans\u0007 lines",
    span: { file: "query.sql", start: 10, end: 33 },
    docs: "docs/rules/drop-table.md",
  },
  {
    code: "role-provided",
    severity: "info",
    message: "in a file that is gone",
    span: { file: "../x y.sql", start: 5, end: 9 },
  },
  { code: "database-lost", severity: "error", message: "belongs to no file" },
];
const render = (
  format: MachineFormat,
  diagnostics: readonly Diagnostic[] = found,
  text = SQL,
  context: Partial<ReportContext> = {},
): Promise<string> =>
  formatFindings(
    format,
    toFindings(diagnostics, (file) => (file === "query.sql" ? text : undefined), "db/"),
    { version: "1.2.3", command: "solitude-gen vet", ...context },
  );

const SARIF_SCHEMA = (): object => {
  const path = createRequire(import.meta.url).resolve(
    "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json",
  );
  // It says draft 4, and uses nothing that draft 7 reads otherwise.
  const { $schema: _, id: _id, ...schema } = JSON.parse(readFileSync(path, "utf8"));
  return schema;
};
const REPORT_SCHEMA = (): object =>
  JSON.parse(readFileSync(new URL("../../report.schema.json", import.meta.url), "utf8"));

test.each([
  ["sarif", SARIF_SCHEMA],
  ["json", REPORT_SCHEMA],
] as const)("%s is valid by its schema, empty or not", async (format, schema) => {
  const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema());
  for (const diagnostics of [found, [FOLDED], []]) {
    validate(JSON.parse(await render(format, diagnostics)));
    expect(validate.errors).toBe(null);
  }
  // A schema that takes anything proves nothing.
  expect(validate({ version: "2.1.0", runs: [{ tool: {} }] })).toBe(false);
});

const FOLDED: Diagnostic = {
  code: "verify-broken",
  severity: "error",
  message: "the column goes",
  span: { file: "query.sql", start: 0, end: 6 },
  related: [{ message: "GetPeople <fails>", span: { file: "query.sql", start: 17, end: 21 } }],
  edits: [
    { span: { file: "query.sql", start: 17, end: 21 }, text: "name" },
    { span: { file: "query.sql", start: 8, end: 9 }, text: "" },
  ],
};

test.each([...MACHINE_FORMATS])("%s says what follows from a finding, and what mends it", async (format) => {
  const text = await render(format, [FOLDED]);
  expect(text.replaceAll("&lt;", "<").replaceAll("&gt;", ">")).toContain("GetPeople <fails>");
  expect(text).toMatch(/write name|"text": "name"/);
});

test("people are told what follows from a finding, and what mends it", () => {
  const text = renderPretty([FOLDED], () => SQL, { color: false });
  expect(text).toContain(
    "  = query.sql:2:8: GetPeople <fails>\nmend: query.sql:2:8: write name\nmend: query.sql:1:9: remove it\n",
  );
});

test("edits that change calls say so", async () => {
  const said = "look at calls of the query too";
  const found = { ...FOLDED, changesCalls: true };
  for (const format of MACHINE_FORMATS) {
    const marked = format === "json" ? '"changesCalls": true' : said;
    expect(await render(format, [found])).toContain(marked);
    expect(await render(format, [FOLDED])).not.toContain(marked);
  }
  expect(renderPretty([found], () => SQL, { color: false })).toContain(`mend: ${said}`);
});

test("places of what follows, and edits, are where other tools look for them", async () => {
  const [result] = JSON.parse(await render("sarif", [FOLDED])).runs[0].results;
  const at = (startLine: number, startColumn: number, endColumn: number) => ({
    startLine,
    startColumn,
    endLine: startLine,
    endColumn,
  });
  expect(result.relatedLocations).toMatchObject([{ physicalLocation: { region: at(2, 8, 12) } }]);
  expect(result.fixes[0].artifactChanges).toMatchObject([
    {
      artifactLocation: { uri: "db/query.sql" },
      replacements: [
        { deletedRegion: at(2, 8, 12), insertedContent: { text: "name" } },
        { deletedRegion: at(1, 9, 10), insertedContent: { text: "" } },
      ],
    },
  ]);
  const [issue] = JSON.parse(await render("gitlab", [FOLDED]));
  expect(issue.other_locations).toEqual([{ path: "db/query.sql", lines: { begin: 2, end: 2 } }]);
});

test("sarif: places, levels and rules", async () => {
  const [run] = JSON.parse(await render("sarif")).runs;
  expect(run.results[0]).toMatchObject({
    ruleId: "query-invalid",
    level: "error",
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: "db/query.sql", uriBaseId: "%SRCROOT%" },
          region: { startLine: 2, startColumn: 8, endLine: 2, endColumn: 12 },
        },
      },
    ],
  });
  expect(run.results[2].locations[0].physicalLocation).toEqual({
    artifactLocation: { uri: "x%20y.sql", uriBaseId: "%SRCROOT%" },
  });
  expect(run.results[3]).not.toHaveProperty("locations");
  for (const result of run.results) expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
});

test("a finding keeps its fingerprint when lines are put above it, and two of a kind have two", async () => {
  const prints = async (diagnostics: readonly Diagnostic[], text: string): Promise<unknown[]> =>
    JSON.parse(await render("gitlab", diagnostics, text)).map(
      (issue: { fingerprint: string }) => issue.fingerprint,
    );
  const [first] = found;
  const moved = { ...first!, span: { file: "query.sql", start: 20, end: 24 } };
  expect(await prints([first!], SQL)).toEqual(await prints([moved], `--\n${SQL}`));
  const twice = await prints([first!, first!], SQL);
  expect(new Set(twice).size).toBe(2);
});

test("github: one command a line, escaped", async () => {
  expect((await render("github")).split("\n")).toEqual([
    '::error file=db/query.sql,line=2,endLine=2,col=8,endColumn=12,title=query-invalid::column "naem" does not exist: <b>%25,%0A@everyone</b>.%0APerhaps you meant `people.name`?',
    "::warning file=db/query.sql,line=2,endLine=3,title=drop-table::spans\u0007 lines",
    "::notice file=x y.sql,title=role-provided::in a file that is gone",
    "::error title=database-lost::belongs to no file",
    "",
  ]);
  expect(await render("github", [])).toBe("");
});

test("junit: well formed, with as many failures as it says", async () => {
  const xml = await render("junit");
  expect(xml).toContain('<testsuites name="solitude-gen vet" tests="4" failures="2">');
  expect(xml.match(/<failure /g)).toHaveLength(2);
  // A warning is a failure where it fails the run.
  expect((await render("junit", found, SQL, { failOn: "warning" })).match(/<failure /g)).toHaveLength(3);
  expect(xml).toContain("&lt;b&gt;%,&#10;@everyone&lt;/b&gt;");
  expect(xml).toContain("spans\ufffd lines");
  const open: string[] = [];
  for (const [, close, name = "", self] of xml.matchAll(/<(\/?)([a-z-]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (close === "/") expect(open.pop()).toBe(name);
    else if (self !== "/") open.push(name);
  }
  expect(open).toEqual([]);
  expect(await render("junit", [])).toContain('tests="1" failures="0"');
});

test("gitlab: what its schema requires", async () => {
  const issues = JSON.parse(await render("gitlab"));
  expect(issues).toHaveLength(4);
  expect(issues[0]).toEqual({
    description: expect.stringContaining("naem"),
    check_name: "query-invalid",
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    severity: "major",
    location: { path: "db/query.sql", lines: { begin: 2, end: 2 } },
  });
  expect(issues[3].location).toEqual({ path: "solitude-gen vet", lines: { begin: 1 } });
});

test("markdown: the count first, nothing of the input is taken for markup, and it fits a comment", async () => {
  const text = await render("markdown");
  expect(text.split("\n")[0]).toBe("### ❌ `solitude-gen vet`: 2 errors, 1 warning, 1 info");
  expect(text).toContain("&lt;b&gt;%, &#64;everyone&lt;/b&gt;");
  expect(text).toContain("```text\nselect naem\n       ^^^^\n```");
  expect(await render("markdown", [])).toContain("no findings");
});

test("markdown: of what does not fit a comment, no error is left out", async () => {
  const error = found.find(({ severity }) => severity === "error")!;
  const other = found.find(({ severity }) => severity === "info")!;
  const others = Array.from({ length: 400 }, () => other);
  const errors = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...error, message: `the ${i}th of them` }));
  const some = await render("markdown", [...others, ...errors(300)]);
  expect(some.length).toBeLessThan(65_536);
  expect(some.match(/the \d+th of them/g)).toHaveLength(300);
  expect(some).toMatch(/… and \d+ more\.\n$/);
  const many = await render("markdown", [...others, ...errors(3000)]);
  expect(many.length).toBeLessThan(65_536);
  expect(many).toContain(`<b>${error.code}</b> × 3000`);
});

test.each(MACHINE_FORMATS)("%s ends with a line break or is empty", async (format) => {
  expect(await render(format)).toMatch(/\n$/);
});
