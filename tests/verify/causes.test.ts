import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../command.ts";

// One change of the schema, one finding, at its line, with all that follows from it.

const GENERATOR = fileURLToPath(new URL("../../generator", import.meta.url));
const SCHEMA = `create table member (id int primary key, name text not null, nick text);
create table label (id int primary key, title text not null);
create table badge (member_id int primary key references member on delete cascade);
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
  readonly hint: string | null;
  readonly file: string;
  readonly line: number;
  readonly related: readonly { readonly message: string; readonly file: string; readonly line: number }[];
}

test("what several queries meet for one reason is told once, at the line that is the reason", async () => {
  write("base", { "q.sql": QUERIES });
  write("head", {
    "q.sql": QUERIES.replaceAll("nick", "nickname"),
    "schema/2.sql":
      "alter table label alter title drop not null;\n\nalter table member rename column nick to nickname;\n",
  });
  const reports = ["json", "sarif"].flatMap((format) => [
    "--report",
    `${format}=${join(folder, `report.${format}`)}`,
  ]);
  const against = ["--against", join(folder, "base")];
  const { code } = await runCommand(join(folder, "head"), "verify", ...against, ...reports);
  expect(code).toBe(1);
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

/** What verify finds of the same queries on a schema that got a second file. */
async function findingsAfter(queries: string, migration: string): Promise<readonly Found[]> {
  write("base", { "q.sql": queries });
  write("head", { "q.sql": queries, "schema/2.sql": migration });
  return findingsBetween();
}

async function findingsBetween(): Promise<readonly Found[]> {
  const against = ["--against", join(folder, "base")];
  const { out } = await runCommand(join(folder, "head"), "verify", ...against, "--report", "json");
  return (JSON.parse(out) as { findings: Found[] }).findings;
}

test("all that a query names and that is gone is told, though PostgreSQL stops at the first", async () => {
  const first =
    "create function twice(n int) returns int language sql as 'select n * 2';\ncreate function half(n int) returns int language sql as 'select n / 2';\n";
  write("base", { "schema/0.sql": first });
  write("head", { "schema/0.sql": first });
  const found = await findingsAfter(
    "-- name: Both :many\nselect id, twice(id) as double from member where nick is null;\n-- name: Halves :many\nselect half(id) as part, nick from member;\n-- name: Nicks :many\nselect nick, twice(id) as double from member;\n",
    `drop function twice(int);
alter table member drop column nick;
drop function half(int);
create function half(n int, by int default 2) returns int language sql as 'select n / by';
`,
  );
  for (const side of ["base", "head"]) rmSync(join(folder, side, "schema/0.sql"));
  expect(
    found.map(({ code, file, line, related }) => [
      `${code} ${file.split("/").at(-1)}:${line}`,
      ...related.map(({ message }) => message),
    ]),
  ).toEqual([
    [
      "verify-broken 2.sql:1",
      "Both: function twice(integer) does not exist",
      "Nicks: function public.twice(integer) is not there either",
    ],
    [
      "verify-broken 2.sql:2",
      "Both: column public.member.nick is not there either",
      'Halves: column "nick" does not exist',
      'Nicks: column "nick" does not exist',
    ],
  ]);
});

test("sequences and types are told beside what is gone, and all that is new of what a new version names", async () => {
  const named = `create sequence numbers;
create type mood as enum ('fine');
create type unused as enum ('a');
`;
  write("base", {
    "schema/0.sql": named,
    "q.sql":
      "-- name: Old :many\nselect id, nextval('numbers') as n, 'fine'::mood as unused, cast(null as public.mood) from member;\n",
  });
  write("head", {
    "schema/0.sql": named,
    "schema/2.sql": `drop sequence numbers;
drop type mood;
drop type unused;
create sequence others;
create type temper as enum ('warm');
alter table member add age int;
alter table member add born date;
create function older(n int) returns int language sql as 'select n + 1';
`,
    "q.sql":
      "-- name: New :many\nselect id, older(age) as age, born, nextval('others') as n, array['warm']::temper[] as tempers from member;\n",
  });
  const found = await findingsBetween();
  for (const side of ["base", "head"]) rmSync(join(folder, side, "schema/0.sql"));
  expect(found.map(({ line, message }) => `:${line} ${message.replace(/.*?: /, "")}`).sort()).toEqual([
    ':1 relation "numbers" does not exist',
    ":2 enum public.mood is not there either",
    ":4 sequence public.others is not there either",
    ":5 enum public.temper is not there either",
    ':6 column "age" does not exist',
    ":7 column public.member.born is not there either",
    ":8 function public.older(integer) is not there either",
  ]);
});

test("a column of another type is the cause of what is read from it and sent to it, and not the type that has its name in its own", async () => {
  const found = await findingsAfter(
    [
      "-- name: ListTitles :many\nselect id, title from label;",
      "-- name: SetTitle :exec\nupdate label set title = @title where id = @id;",
      "-- name: AddLabel :exec\ninsert into label (id, title) values (@id, @title);\n",
    ].join("\n"),
    "create type label_title as enum ('a', 'b');\n\nalter table label alter title type label_title using title::label_title, alter title set default 'a';\n",
  );
  expect(
    found.map(({ code, file, line, related }) => [
      `${code} ${file.split("/").at(-1)}:${line}`,
      ...related.map(({ message }) => message),
    ]),
  ).toEqual([
    ["verify-enum 2.sql:3", "the query ListTitles"],
    [
      "verify-parameter 2.sql:3",
      "SetTitle: parameter title: the client sends text; it is label_title here",
      "AddLabel: parameter title: the client sends text; it is label_title here",
    ],
  ]);
});

test("a key that is gone is the cause of what rests on it, though nobody names it", async () => {
  const found = await findingsAfter(
    [
      "-- name: Badges :many\nselect m.id, m.name, count(b.*) as badges from member m left join badge b on b.member_id = m.id group by m.id;",
      "-- name: Save :exec\ninsert into member (id, name) values (@id, @name) on conflict (id) do update set name = excluded.name;",
      "-- name: GetMember :one\nselect name from member where id = @id;\n",
    ].join("\n"),
    "alter table member add column club int not null default 1;\nalter table badge drop constraint badge_member_id_fkey;\nalter table member drop constraint member_pkey;\nalter table label drop constraint label_pkey;\n",
  );
  expect(
    found.map(({ file, line, related }) => [
      `${file.split("/").at(-1)}:${line}`,
      ...related.map(({ message }) => message.replace(/: .*/, "")),
    ]),
  ).toEqual([
    // The new version has it as it was.
    ["2.sql:3", "the query Save"],
    ["2.sql:3", "Badges", "Save", "GetMember"],
  ]);
});

test("a new rule is the cause, and not a change of the column that it mentions", async () => {
  const found = await findingsAfter(
    "-- name: AddLabel :exec\ninsert into label (id, title) values ($1, $2);\n",
    "alter table label alter title type varchar(90);\n\nalter table label add constraint filled check (title <> '');\n",
  );
  const own = found.filter(({ code }) => code === "verify-constraint");
  expect(own.map(({ file, line }) => `${file.split("/").at(-1)}:${line}`)).toEqual(["2.sql:3"]);
});

test("a trigger that a query sets off elsewhere is the cause, and not its function of the same name", async () => {
  const found = await findingsAfter(
    [
      "-- name: DeleteMember :exec\ndelete from member where id = $1;",
      "-- name: DeleteUnnamed :exec\ndelete from member where name = '';\n",
    ].join("\n"),
    `create function note() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger note after delete on badge for each row execute function note();
create trigger note after update on label for each row execute function note();
`,
  );
  expect(
    found.map(({ file, line, related }) => [
      `${file.split("/").at(-1)}:${line}`,
      ...related.map(({ message }) => message.split(":")[0]),
    ]),
  ).toEqual([["2.sql:2", "DeleteMember", "DeleteUnnamed"]]);
});

test("what takes a default away is the cause, and not what made the column or changed it otherwise", async () => {
  const queries =
    "-- name: AddLabel :exec\ninsert into label (id) values ($1);\n-- name: Untitled :exec\nupdate label set title = default;\n";
  const made = "alter table label alter title set default '-';\n";
  write("base", { "q.sql": queries, "schema/2.sql": made });
  write("head", {
    "q.sql": queries,
    "schema/2.sql": made,
    "schema/3.sql":
      "alter table label alter title drop default;\nalter table label alter title set statistics 9;\n",
  });
  const found = await findingsBetween();
  for (const side of ["base", "head"]) rmSync(join(folder, side), { recursive: true });
  expect(
    found.map(({ file, line, related }) => [`${file.split("/").at(-1)}:${line}`, related.length]),
  ).toEqual([
    ["3.sql:1", 2],
    ["3.sql:1", 2],
  ]);
});

test("a default that is gone where the schema is edited in place is told at its column", async () => {
  const queries = "-- name: AddLabel :exec\ninsert into label (id) values ($1);\n";
  const columns = (title: string): string => `create table label (\n  id int primary key,\n  ${title}\n);\n`;
  write("base", { "q.sql": queries, "schema/1.sql": columns("title text not null default '-'") });
  write("head", { "q.sql": queries, "schema/1.sql": columns("title text not null") });
  const found = await findingsBetween();
  for (const side of ["base", "head"]) rmSync(join(folder, side), { recursive: true });
  const places = found.map(({ file, line }) => `${file.split("/").at(-1)}:${line}`);
  expect(places).toEqual(["1.sql:3", "1.sql:3"]);
});

test.each([
  ["sql", "as 'select title from label where id = $1'"],
  ["plpgsql", "as 'begin return (select title from label where id = $1); end'"],
])("what a function in %s reads is the cause where it is gone", async (language, body) => {
  const queries = "-- name: TitleOf :one\nselect title_of($1) as title;\n";
  const made = `create function title_of(int) returns text language ${language} ${body};\n`;
  write("base", { "q.sql": queries, "schema/2.sql": made });
  write("head", {
    "q.sql": queries,
    "schema/2.sql": made,
    "schema/3.sql": "alter table member drop nick;\nalter table label drop title;\n",
  });
  const found = await findingsBetween();
  for (const side of ["base", "head"]) rmSync(join(folder, side), { recursive: true });
  expect(found.map(({ file, line, severity }) => `${severity} ${file.split("/").at(-1)}:${line}`)).toEqual([
    "error 3.sql:2",
    "info 3.sql:2",
  ]);
});

test("values that are written anew are told where they are, and once for all queries", async () => {
  const found = await findingsAfter(
    "-- name: Nicks :many\nselect nick from member;\n-- name: Nicked :many\nselect id from member where nick = $1;\n",
    "alter table label add note text;\n\n-- In capitals from now on.\nupdate member set nick = upper(nick);\n",
  );
  expect(
    found.map(({ severity, code, line, related }) => [severity, code, line, related.map(({ line }) => line)]),
  ).toEqual([["warning", "verify-behaviour", 4, [1, 3]]]);
});

test("values that no text says are written anew are told at the statement since which they are", async () => {
  const found = await findingsAfter(
    "-- name: Nicks :many\nselect nick from member;\n-- name: Named :many\nselect name from member;\n",
    `alter table label add note text;
do $$ begin execute format('alter table %I add other text', 'label'); end $$;
do $$ begin execute format('update %I set nick = upper(nick)', 'member'); end $$;
do $$ begin execute format('update %I set note = title', 'label'); end $$;
`,
  );
  expect(found.map(({ code, line, related }) => [code, line, related.map(({ line: at }) => at)])).toEqual([
    ["verify-behaviour", 3, [1]],
  ]);
});

test("what alters a function or a foreign key is the cause, and not what made it", async () => {
  const queries =
    "-- name: TitleOf :one\nselect title_of($1) as title;\n-- name: AddBadge :exec\ninsert into badge (member_id) values ($1);\n";
  const made = `create function title_of(int) returns text language sql strict as 'select title from label where id = $1';
alter table badge drop constraint badge_member_id_fkey, add constraint named foreign key (member_id) references member deferrable;
`;
  write("base", { "q.sql": queries, "schema/2.sql": made });
  write("head", {
    "q.sql": queries,
    "schema/2.sql": made,
    "schema/3.sql":
      "alter function title_of(int) called on null input;\n\nalter table badge alter constraint named not deferrable;\n",
  });
  const found = await findingsBetween();
  for (const side of ["base", "head"]) rmSync(join(folder, side), { recursive: true });
  expect(found.map(({ file, line }) => `${file.split("/").at(-1)}:${line}`).sort()).toEqual([
    "3.sql:1",
    "3.sql:3",
  ]);
});

test("of a view that is made anew without its grants, the one that took them is the cause in either order", async () => {
  const role = `solitude_causes_reader_${process.pid}`;
  const queries = "-- name: Named :many\nselect id from named;\n";
  const made = `create role ${role};\ncreate view named as select id, name from member;\ngrant select on named to ${role};\n`;
  write("base", { "q.sql": queries, "schema/2.sql": made });
  write("head", {
    "q.sql": queries,
    "schema/2.sql": made,
    "schema/3.sql": "drop view named;\n\ncreate view named as select id, name, nick from member;\n",
  });
  const found = await findingsBetween();
  for (const side of ["base", "head"]) rmSync(join(folder, side), { recursive: true });
  expect(
    found
      .filter(({ code }) => code === "verify-privilege")
      .map(({ file, line }) => `${file.split("/").at(-1)}:${line}`),
  ).toEqual(["3.sql:1", "3.sql:1"]);
});

/** What is told, with where what is below it stands. */
const placed = (found: readonly Found[]): string[][] =>
  found.map(({ severity, code, file, line, related }) => [
    `${severity} ${code} ${file.split("/").at(-1)}:${line}`,
    ...related.map((one) => `${one.file.split("/").at(-1)}:${one.line} ${one.message}`),
  ]);

test("what a view in the place of a table refuses is one finding at the view, also of what PostgreSQL refuses here", async () => {
  const queries = `-- name: AddLabel :exec
insert into label (id, title) values ($1, $2);
-- name: SetTitle :exec
update label set title = $1 where id = $2;
-- name: DropLabel :exec
delete from label where id = $1;
-- name: MergeLabels :exec
merge into label l using member m on m.id = l.id when matched then update set title = m.name;
-- name: Upsert :exec
insert into label (id, title) values ($1, $2) on conflict (id) do nothing;
`;
  const found = await findingsAfter(
    queries,
    `alter table label rename to labels;
alter table labels add column note text;
create view label as select id, title from labels group by id, title;
`,
  );
  expect(placed(found)).toEqual([
    [
      "error verify-broken 2.sql:3",
      'q.sql:1 AddLabel: cannot insert into view "label"',
      'q.sql:3 SetTitle: cannot update view "label"',
      'q.sql:5 DropLabel: cannot delete from view "label"',
      'q.sql:7 MergeLabels: cannot update view "label"',
      'q.sql:9 Upsert: cannot insert into view "label"',
    ],
  ]);
  expect(found[0]!.message).toContain("public.label was a table and is a view: 5 queries are concerned");
});

test("what a body refuses in some calls is told at what made it, and of queries that are gone here with their place there", async () => {
  const trigger = (table: string): string => `create schema if not exists "in";
create or replace function "in"."note it"() returns trigger language plpgsql as $$
begin
  if new.id > 1 then insert into ${table} (id, title) values (new.id + 100, ''); end if;
  return new;
end $$;
`;
  const creating = `${trigger("label")}create trigger noting before insert or update on member for each row execute function "in"."note it"();\n`;
  const add = "-- name: AddMember :exec\ninsert into member (id, name) values ($1, $2);\n";
  const set = "-- name: SetNick :exec\nupdate member set nick = '' where id = $1;\n";
  write("base", {
    "q.sql": `${set}${add}`,
    "schema/0.sql": `${SCHEMA}${creating}`,
    "schema/1.sql": "select 1;",
  });
  write("head", {
    "q.sql": add,
    "schema/0.sql": `${SCHEMA}${creating}`,
    "schema/1.sql": "select 1;",
    "schema/2.sql": `alter table member add column more text;\n${trigger("labels")}create index on member (nick);\n`,
  });
  const found = await findingsBetween();
  for (const side of ["base", "head"]) rmSync(join(folder, side), { recursive: true });
  const said = `PostgreSQL refuses it: relation "labels" does not exist`;
  expect(placed(found)).toEqual([
    ["error verify-broken 2.sql:3", "q.sql:1 the query AddMember"],
    ["info verify-broken 2.sql:3", `q.sql:1 AddMember: ${said} (with id '2', name 'b')`],
  ]);
  expect(found[1]!.hint).toContain(`SetNick (deployed, q.sql:1): ${said} (with id '2')`);
});

test("labels of one enum are one finding, at what added them and not at what renamed one beside it", async () => {
  const enums =
    "create type mood as enum ('good', 'bad', 'ugly');\ncreate table day (id int primary key, mood mood not null, moods mood[]);\n";
  const queries = `-- name: Moods :many
select mood, moods from day;
-- name: AsJson :many
select json_build_object('mood', mood) as json from day;
-- name: SetMood :exec
update day set mood = $1 where id = $2;
`;
  write("base", { "q.sql": queries, "schema/0.sql": enums });
  write("head", {
    "q.sql": queries,
    "schema/0.sql": enums,
    "schema/2.sql": `alter type mood rename value 'ugly' to 'plain';
alter type mood add value 'odd' before 'bad';
alter type mood add value 'fair';
`,
  });
  const found = await findingsBetween();
  for (const side of ["base", "head"]) rmSync(join(folder, side), { recursive: true });
  expect(
    found.map(({ severity, code, line, related }) => [
      `${severity} ${code} :${line}`,
      ...related.map(({ message }) => message.replace(/^the query |:.*$/g, "")),
    ]),
  ).toEqual([
    // As deployed, and on the schema that is deployed.
    ["error verify-parameter :1", "SetMood"],
    ["error verify-parameter :2", "SetMood"],
    ["warning verify-enum :2", "Moods", "Moods", "AsJson"],
    ["warning verify-enum :1", "Moods", "Moods", "AsJson"],
  ]);
});

test("what a role's sessions begin with is to be looked at, for no statement shows it", async () => {
  const role = `solitude_causes_${process.pid}`;
  const create = `create role ${role} login;\n`;
  write("base", { "q.sql": QUERIES, "schema/0.sql": create });
  write("head", {
    "q.sql": QUERIES,
    "schema/0.sql": create,
    "schema/2.sql": `alter role ${role} set default_transaction_read_only = on;\n`,
  });
  expect((await findingsBetween()).map(({ severity, message }) => [severity, message])).toEqual([
    ["warning", expect.stringContaining(`role ${role}`)],
  ]);
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

test("what a catalog does not show, or a table that is new brings along, is told at its line", async () => {
  const views = "create materialized view titles as select title from label;\n";
  const queries = `-- name: Titles :many
select title from titles;
-- name: Leave :exec
delete from member where id = $1;
`;
  write("base", { "schema/1.sql": SCHEMA + views, "q.sql": queries });
  write("head", {
    "schema/1.sql": SCHEMA + views,
    "schema/2.sql": `create table award (badge_id int references badge);

drop materialized view titles;
create materialized view titles as select title from label with no data;
`,
    "q.sql": queries,
  });
  const report = join(folder, "places.json");
  const against = ["--against", join(folder, "base"), "--report", `json=${report}`];
  await runCommand(join(folder, "head"), "verify", ...against);
  const { findings } = JSON.parse(readFileSync(report, "utf8")) as { findings: Found[] };
  const places = findings.map(({ message, file, line }) => [/titles/.test(message), basename(file), line]);
  expect(places).toContainEqual([true, "2.sql", 4]);
  expect(places).toContainEqual([false, "2.sql", 1]);
  expect(places.map(([, file]) => file)).not.toContain("q.sql");
});
