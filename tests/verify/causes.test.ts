import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// One change of the schema, one finding, at its line, with all that follows from it.

const GENERATOR = fileURLToPath(new URL("../../generator", import.meta.url));
const SCHEMA = `create table member (id int primary key, name text not null, nick text);
create table label (id int primary key, title text not null);
`;
const QUERIES = `-- name: ListMembers :many
select id, nick from member;
-- name: SetNick :exec
update member set nick = $1 where id = $2;
-- name: ListLabels :many
select id, title from label;
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-causes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(side: string, files: Readonly<Record<string, string>>): void {
  const config = 'version: "2"\nsql: [{ engine: postgresql, schema: schema, queries: q.sql }]\n';
  for (const [path, text] of Object.entries({ "sqlc.yaml": config, "schema/1.sql": SCHEMA, ...files })) {
    mkdirSync(dirname(join(folder, side, path)), { recursive: true });
    writeFileSync(join(folder, side, path), text);
  }
}

interface Found {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly related: readonly { readonly message: string; readonly file: string; readonly line: number }[];
}

test("what several queries meet for one reason is told once, at the line that is the reason", () => {
  write("base", { "q.sql": QUERIES });
  write("head", {
    "q.sql": QUERIES.replaceAll("nick", "nickname"),
    "schema/2.sql":
      "alter table label alter title drop not null;\n\nalter table member rename column nick to nickname;\n",
  });
  const { status } = spawnSync(
    process.execPath,
    [
      join(GENERATOR, "bin/solitude-gen.js"),
      "-C",
      join(folder, "head"),
      "verify",
      "--against",
      join(folder, "base"),
      "--report",
      `json=${join(folder, "report.json")}`,
      "--report",
      `sarif=${join(folder, "report.sarif")}`,
    ],
    { encoding: "utf8" },
  );
  expect(status).toBe(1);
  const { findings } = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as { findings: Found[] };
  const told = findings.map(({ severity, code, line, related }) => ({
    at: `${severity} ${code} :${line}`,
    below: related.map((one) => `${one.file.split("/").at(-1)}:${one.line} ${one.message}`),
  }));
  expect(told).toEqual([
    {
      at: "error verify-broken :3",
      below: [
        'q.sql:1 ListMembers: column "nick" does not exist',
        'q.sql:3 SetNick: column "nick" of relation "member" does not exist',
      ],
    },
    { at: "error verify-nullability :1", below: ["q.sql:5 the query ListLabels"] },
    {
      at: "error verify-broken :3",
      below: [
        'q.sql:1 ListMembers: column "nickname" does not exist',
        'q.sql:3 SetNick: column "nickname" of relation "member" does not exist',
      ],
    },
  ]);
  expect(findings[0]!.message).toMatch(
    /column public.member.nick is renamed to public.member.nickname: 2 queries are concerned, as deployed/,
  );
});

test("a new rule is the cause, and not a change of the column that it mentions", () => {
  const queries = "-- name: AddLabel :exec\ninsert into label (id, title) values ($1, $2);\n";
  write("base", { "q.sql": queries });
  write("head", {
    "q.sql": queries,
    "schema/2.sql":
      "alter table label alter title type varchar(90);\n\nalter table label add constraint filled check (title <> '');\n",
  });
  const cli = join(GENERATOR, "bin/solitude-gen.js");
  const { stdout } = spawnSync(
    process.execPath,
    [cli, "-C", join(folder, "head"), "verify", "--against", join(folder, "base"), "--report", "json"],
    { encoding: "utf8" },
  );
  const { findings } = JSON.parse(stdout) as { findings: Found[] };
  const own = findings.filter(({ code }) => code === "verify-constraint");
  expect(own.map(({ file, line }) => `${file.split("/").at(-1)}:${line}`)).toEqual(["2.sql:3"]);
});

test("the pages that a report links to are in the package", () => {
  const { runs } = JSON.parse(readFileSync(join(folder, "report.sarif"), "utf8")) as {
    runs: { tool: { driver: { rules: { helpUri: string }[] } } }[];
  };
  const rules = runs[0]!.tool.driver.rules;
  expect(rules.length).toBeGreaterThan(0);
  for (const { helpUri } of rules) {
    const [, path] = /^https:\/\/unpkg\.com\/solitude-gen@[^/]+\/(dist\/.*)$/.exec(helpUri) ?? [];
    expect([helpUri, existsSync(join(GENERATOR, path ?? "nowhere"))]).toEqual([helpUri, true]);
  }
  const { files } = JSON.parse(readFileSync(join(GENERATOR, "package.json"), "utf8")) as { files: string[] };
  expect(files).toEqual(expect.arrayContaining(["dist/rules", "dist/*.md"]));
  expect(existsSync(join(GENERATOR, "dist/rules/drop-table.md"))).toBe(true);
});
