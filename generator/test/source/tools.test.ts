import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { applySchema } from "../../src/analysis/apply-schema.ts";
import { DiskFiles } from "../../src/files/disk-files.ts";
import { inFiles } from "../../src/model/source.ts";
import { CONVENTIONS } from "../../src/source/conventions/tools.ts";
import { readSchema } from "../../src/source/read-source.ts";
import { Bench } from "../check/schema/bench.ts";

let bench: Bench;
let root: string;
beforeAll(async () => {
  bench = await Bench.start();
});
beforeEach(async () => {
  await bench.empty();
  root = await mkdtemp(join(tmpdir(), "tools-"));
});
afterEach(() => rm(root, { recursive: true }));
afterAll(() => bench.close());

type Files = Readonly<Record<string, string>>;

async function write(files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** What the files lead to: every table's columns, and everything said on the way. */
async function read(
  schema: string,
  files: Files,
  schemaVariables: Files = {},
): Promise<{ types: string; said: string[] }> {
  await write(files);
  const source = await readSchema(new DiskFiles(root), {
    schema: [schema],
    schemaSpans: [],
    schemaVariables,
  });
  const problems = inFiles(await applySchema(bench.engine, source.schema), source.schema);
  const rows = await bench.engine.run(`
    select string_agg(format('%s%s(%s)', case nspname when 'public' then '' else nspname || '.' end, relname,
      (select string_agg(attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then '!' else '' end, ', ' order by attnum)
      from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped)), '; ' order by relname) as t
    from pg_class c join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'v') and nspname !~ '^pg_|^information'`);
  return {
    types: String(rows[0]?.t),
    said: [...source.diagnostics, ...problems].map(
      ({ code, span, message }) => `${code} ${span?.file ?? ""}: ${message}`,
    ),
  };
}

// Whatever is executed that should not be, or in another order, leads to other types.
const ACCT = "create table acct (id int primary key, name text not null, tmp text);";
const NO_ACCT = "drop table acct;";
const RELAX = "alter table acct alter column name drop not null, add column extra text, drop column tmp;";
const UNRELAX =
  "update acct set name = ''; alter table acct alter column name set not null, drop column extra, add column tmp text;";
const COLUMNS = "id int primary key, name text, extra text";
const TYPES = "acct(id integer!, name text, extra text)";

/** Two migrations, with the second's number sorting before the first's by its letters. */
const pair = (name: (n: number) => string, wrap: (up: string, down: string) => string): Files => ({
  [name(2)]: wrap(ACCT, NO_ACCT),
  [name(10)]: wrap(RELAX, UNRELAX),
});
/** With the halves in files of their own. */
const halves = (up: (n: number) => string, down: (n: number) => string): Files => ({
  [up(2)]: ACCT,
  [down(2)]: NO_ACCT,
  [up(10)]: RELAX,
  [down(10)]: UNRELAX,
});

const FIXTURES: readonly (readonly [tool: string, files: Files, schema?: string])[] = [
  [
    "goose",
    pair(
      (n) => `m/${n}_x.sql`,
      (up, down) =>
        `-- +goose Up\n-- +goose StatementBegin\n${up}\n-- +goose StatementEnd\n\n-- +goose Down\n${down}`,
    ),
  ],
  [
    "sql-migrate",
    pair(
      (n) => `m/${n}-x.sql`,
      (up, down) => `-- +migrate Up notransaction\n${up}\n-- +migrate Down\n${down}`,
    ),
  ],
  [
    "micrate",
    pair(
      (n) => `m/${n}_x.sql`,
      (up, down) => `-- +micrate Up\n${up}\n-- +micrate Down\n${down}`,
    ),
  ],
  [
    "dbmate",
    pair(
      (n) => `m/${String(n).padStart(2, "0")}_x.sql`,
      (up, down) => `-- migrate:up transaction:false\r\n${up}\r\n\r\n-- migrate:down\r\n${down}`,
    ),
  ],
  [
    "tern",
    pair(
      (n) => `m/${n}_x.sql`,
      (up, down) => `${up}\n---- create above / drop below ----\n${down}`,
    ),
  ],
  [
    "rambler",
    pair(
      (n) => `m/${n}_x.sql`,
      (up, down) => `-- rambler up\n${up}\n-- rambler down\n${down}`,
    ),
  ],
  [
    "drift",
    pair(
      (n) => `m/${n}_x.sql`,
      (up, down) => `-- drift:migrate\n${up}\n-- drift:rollback\n${down}`,
    ),
  ],
  [
    "MyBatis Migrations",
    pair(
      (n) => `m/${n}_x.sql`,
      (up, down) => `-- // a title\n${up}\n\n-- //@UNDO\n${down}`,
    ),
  ],
  [
    "node-pg-migrate",
    pair(
      (n) => `m/${n}_x.sql`,
      (up, down) => `-- Up Migration\n${up}\n\n-- Down Migration\n${down}`,
    ),
  ],
  [
    "node-pg-migrate",
    pair(
      (n) => `m/${n}_x.sql`,
      (up, down) => `---- UP migration ----\n${up}\n---- DOWN migration ----\n${down}`,
    ),
  ],
  [
    "Play evolutions",
    pair(
      (n) => `m/${n}.sql`,
      (up, down) => `# --- Users schema\n\n# --- !Ups\n${up}\n\n# --- !Downs\n${down}`,
    ),
  ],
  [
    "Play evolutions",
    pair(
      (n) => `m/${n}.sql`,
      (up, down) => `-- !Ups\n${up}\n-- !Downs\n${down}`,
    ),
  ],
  [
    "node-sqlite and others",
    pair(
      (n) => `m/${n}-x.sql`,
      (up, down) => `-- Up\n${up}\n\n-- Down\n${down}`,
    ),
  ],
  [
    "node-sqlite and others",
    pair(
      (n) => `m/${n}-x.sql`,
      (up, down) => `-- DOWN\n-- UP\n${up}\n--DOWN:\n${down}`.replace("-- DOWN\n", ""),
    ),
  ],
  [
    "golang-migrate",
    halves(
      (n) => `m/${n}_x.up.sql`,
      (n) => `m/${n}_x.down.sql`,
    ),
  ],
  [
    "sqlx, knex, Kysely",
    halves(
      (n) => `m/${n}-x.up.sql`,
      (n) => `m/${n}-x.down.sql`,
    ),
  ],
  [
    "Hasura, Diesel",
    halves(
      (n) => `m/${n}_x/up.sql`,
      (n) => `m/${n}_x/down.sql`,
    ),
  ],
  [
    "Hasura, Diesel",
    halves(
      (n) => `m/default/${n}_x/up.sql`,
      (n) => `m/default/${n}_x/down.sql`,
    ),
    "m/default/*",
  ],
  [
    "Hasura, Diesel",
    halves(
      (n) => `m/${n}_x/up.sql`,
      (n) => `m/${n}_x/down.sql`,
    ),
    "m/*/up.sql",
  ],
  [
    "db-migrate",
    halves(
      (n) => `m/${n}-x-up.sql`,
      (n) => `m/${n}-x-down.sql`,
    ),
  ],
  [
    "db-migrate",
    halves(
      (n) => `m/sqls/${n}-x-up.sql`,
      (n) => `m/sqls/${n}-x-down.sql`,
    ),
  ],
  [
    "postgrator",
    halves(
      (n) => `m/${n}.do.x.sql`,
      (n) => `m/${n}.undo.x.sql`,
    ),
  ],
  [
    "yoyo",
    halves(
      (n) => `m/${n}.x.sql`,
      (n) => `m/${n}.x.rollback.sql`,
    ),
  ],
  ["yoyo", { "m/0002.z.sql": `-- a comment\n-- depends: 0009.first\n${RELAX}`, "m/0009.first.sql": ACCT }],
  [
    "Flyway",
    {
      ...halves(
        (n) => `m/V${n}__x.sql`,
        (n) => `m/U${n}__x.sql`,
      ),
      "m/views/R__v.sql": "create or replace view v as select extra from acct;",
      "m/afterClean.sql": "create table never ();",
      "m/beforeEachUndo__x.sql": "create table never ();",
    },
  ],
  [
    "Flyway",
    {
      "m/V1__a.sql": "create table acct (old int);",
      "m/V1.10__b.sql": "nonsense;",
      "m/B2__base.sql": ACCT,
      "m/V2__c.sql": "nonsense;",
      "m/V2_1__d.sql": RELAX,
    },
  ],
  [
    "Flyway",
    {
      "m/V1__a.sql": `create schema \${app}; ${ACCT.replace("acct", "${flyway:defaultSchema}.${name}")} comment on table acct is 'of \${name}'; grant all on acct to \${reader};`,
      "flyway.conf": "flyway.url=x\nflyway.placeholders.app=app\nflyway.placeholders.name = acct\n",
      "m/V2__b.sql": RELAX,
    },
  ],
  [
    "Flyway",
    {
      "m/V1__a.sql": ACCT.replace("acct", "${name}"),
      "conf/flyway.toml": '[flyway]\n[flyway.placeholders]\nname = "acct" # the table\n[x]\nname = "no"',
      "m/V2__b.sql": RELAX,
    },
  ],
  [
    "Liquibase",
    {
      "m/1.sql": `--liquibase formatted sql\n\n--changeset dev:1 splitStatements:false endDelimiter:/\n${ACCT.replace(";", "\n/")}\ncreate function f() returns int language plpgsql as $$ begin return 1; end $$\n/\n--rollback ${NO_ACCT}\n--changeset x:2 dbms:mysql,oracle\nalter table acct engine = innodb;\n--changeset x:3 dbms:!mysql endDelimiter:GO\n${RELAX.replace(";", " GO")}\n/* liquibase rollback\n${UNRELAX}\n*/\n--ignoreLines:start\nnonsense here;\n--ignoreLines:end\n--ignoreLines:1\nmore of it;\n`,
    },
  ],
  [
    "Liquibase",
    {
      "m/1.sql": `--liquibase formatted sql\n--property name:tbl value:acct\n--changeset dev:1\n${ACCT.replace("acct", "${tbl}")}`,
      "m/2.sql": `--liquibase formatted sql\n--changeset dev:2\n${RELAX.replace("acct", "${tbl}")}`,
    },
  ],
  [
    "Liquibase",
    {
      "m/db.changelog-master.xml":
        '<?xml version="1.0"?>\n<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog">\n<include file="changelog-1.yaml" relativeToChangelogFile="true"/>\n<changeSet id="2" author="x"><preConditions onFail="MARK_RAN"><tableExists tableName="acct"/></preConditions><dropNotNullConstraint tableName="acct" columnName="name"/><addColumn tableName="acct"><column name="extra" type="clob"/></addColumn><createIndex tableName="acct" indexName="i"><column name="extra"/></createIndex></changeSet>\n<changeSet id="3" author="x"><sql><![CDATA[ alter table acct drop column tmp /* a < b */ ]]></sql><rollback>nonsense</rollback></changeSet>\n<changeSet id="4" author="x" dbms="mysql"><sql>nonsense</sql></changeSet></databaseChangeLog>',
      "m/changelog-1.yaml":
        "databaseChangeLog:\n  - changeSet:\n      id: 1\n      author: x\n      changes:\n        - createTable:\n            tableName: acct\n            columns:\n              - column: { name: id, type: int(11), constraints: { primaryKey: true, nullable: false } }\n              - column:\n                  name: name\n                  type: longtext\n                  constraints: { nullable: false }\n              - column: { name: tmp, type: text, defaultValue: it's }\n",
    },
  ],
  [
    "Liquibase",
    {
      "m/db.changelog.json": `{"databaseChangeLog":[{"includeAll":{"path":"m/sql/"}},{"changeSet":{"id":"9","author":"x","changes":[{"sqlFile":{"path":"relax.sql","relativeToChangelogFile":true}}]}}]}`,
      "m/sql/1.sql": `--liquibase formatted sql\n--changeset dev:1\n${ACCT}\n--rollback nonsense`,
      "m/relax.sql": RELAX,
    },
  ],
  [
    "sqitch",
    {
      "m/sqitch.plan":
        "%syntax-version=1.0.0\n%project=shop\n\nz_acct 2024-01-01T00:00:00Z x <x@example.com> # first\nview [z_acct] 2024-01-02T00:00:00Z x <x@x>\n@v1.0 2024-01-02T00:00:01Z x <x@x> # tag\nrelax [z_acct] 2024-01-03T00:00:00Z x <x@x>\nview [view@v1.0] 2024-01-04T00:00:00Z x <x@x> # rework\n",
      "m/deploy/z_acct.sql": ACCT,
      "m/deploy/relax.sql": RELAX,
      "m/deploy/view.sql": "create or replace view v as select id + 1 as a from acct;",
      "m/deploy/view@v1.0.sql": "create or replace view v as select id as a from acct;",
      "m/deploy/not_planned.sql": "nonsense;",
      "m/revert/relax.sql": UNRELAX,
      "m/verify/relax.sql": "nonsense;",
    },
  ],
  [
    "graphile-migrate",
    {
      "m/committed/000002.sql": `--! Previous: -\n--! Hash: sha1:0\n\n${ACCT} grant select on acct to :DATABASE_VISITOR; alter table acct owner to :DATABASE_OWNER;`,
      "m/committed/000010-x.sql": RELAX,
      "m/current.sql": "alter table acct add column now int; alter table acct drop column now;",
    },
  ],
  [
    "Prisma",
    {
      "m/20240101000000_a/migration.sql": ACCT,
      "m/20240202000000_b/migration.sql": RELAX,
      "m/20240202000000_b/down.sql": UNRELAX,
      "m/migration_lock.toml": "",
    },
  ],
  [
    "Drizzle",
    {
      "m/zz.sql": `${ACCT.replace(";", "")}--> statement-breakpoint\n;create table gone ();`,
      "m/aa.sql": `${RELAX}--> statement-breakpoint\ndrop table gone;`,
      "m/meta/_journal.json": JSON.stringify({
        entries: [
          { idx: 0, tag: "zz" },
          { idx: 1, tag: "aa" },
        ],
      }),
    },
  ],
  [
    "Atlas",
    {
      "m/atlas.sum": "h1:",
      "m/1.sql": "create table old_one ();",
      "m/2_checkpoint.sql": `-- atlas:checkpoint\n\n${ACCT}`,
      "m/10.sql": `-- atlas:txmode none\n${RELAX}`,
    },
  ],
  [
    "Rails structure.sql",
    {
      "m/structure.sql": `\\restrict abc\nSET statement_timeout = 0;\nSET transaction_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\n${ACCT.replace("acct", "public.acct")}\n${RELAX.replace("acct", "public.acct")}\nSET search_path TO "$user", public;\nINSERT INTO "schema_migrations" (version) VALUES ('20240101000000');\n\\unrestrict abc\n`,
    },
  ],
  [
    "Supabase",
    {
      "m/20240101000000_a.sql": `${ACCT} alter table acct add owner uuid references auth.users default auth.uid();`,
      "m/20240102000000_b.sql": `${RELAX} alter table acct drop owner;`,
    },
  ],
  [
    "psql",
    {
      "m/main.sql": `\\set ON_ERROR_STOP on\n\\set owner 'app_owner'\n\\set tbl acct\n\\if :{?skip}\ncreate table never ();\n  \\i never.sql\n\\elif off\nnonsense;\n\\else\n\\ir sub/acct.sql\n\\endif\nalter table :tbl owner to :owner;\nselect 'create database x' where not exists (select from pg_database)\\gexec\n\\echo 'done'\ngrant select on :"tbl" to :"reader";\ncomment on table acct is :'owner';\nselect (array[1,2])[1:2], '{"a":"b"}'::json\\g\n`,
      "m/sub/acct.sql": `${ACCT}\n\\i m/sub/relax.sql`,
      "m/sub/relax.sql": RELAX,
    },
    "m/main.sql",
  ],
  ["psql", { "m/main.sql": "\\i a.sql\n\\i b.sql\n", "m/b.sql": RELAX, "m/a.sql": ACCT }, "m"],
];

const SAID_OF: Readonly<Record<string, RegExp>> = {
  Supabase: /provided: schema auth$/,
  Liquibase: /^schema-precondition m\/db\.changelog-master\.xml: /,
  "graphile-migrate": /provided: role database_owner, role database_visitor$/,
  Flyway: /provided: role reader$/,
  sqitch: /not_planned\.sql is left out: the plan or journal beside it does not name it$/,
  psql: /provided: role app_owner, role reader$/,
  "Rails structure.sql": /"schema_migrations" does not exist; the statement was skipped$/,
};

test.each(FIXTURES.map(([tool, files, schema = "m"], i) => [`${tool} (${i})`, tool, schema, files] as const))(
  "%s",
  async (_, tool, schema, files) => {
    const { types, said } = await read(schema, files);
    expect(said.filter((one) => !SAID_OF[tool]?.test(one))).toEqual([]);
    expect(types.split("; ").filter((one) => !/^(?:v|auth\.users)\(/.test(one))).toEqual([TYPES]);
  },
);

test.each([
  ["as psql writes it", "select 'ROW'\\gexec"],
  ["on a line of its own", "select 'ROW'\n  \\gexec\nselect 1;"],
  ["a statement that has ended already", "select 1; select 'ROW'; \\gexec"],
  [
    "with a variable in it",
    "\\set tbl acct\nselect format('ROW') as \"a;b\", null where 'acct' = :'tbl'\\gexec",
  ],
  [
    "of several rows and columns",
    "-- a comment;\nselect 'create table other ()', 'ROW' union all select 'drop table other', null\\gexec",
  ],
  [
    "after others of the kind",
    "select 'create table other ()'\\gexec\nselect 'ROW', 'drop table other' \\gexec",
  ],
  ["beside what runs in no transaction", "select 'create database x', 'ROW' where true\\gexec"],
  ["that is not reached", `\\if off\nselect 'nonsense'\\gexec\n\\endif\nselect 'ROW'\\gexec`],
  ["that refers to what comes later", "select 'alter table later rename to acct'\\gexec\n", "later"],
])("rows of a statement are executed where psql does so: %s", async (_, text, made = "acct") => {
  const row = `create table acct (${COLUMNS})`;
  const after = made === "acct" ? "" : `create table ${made} (${COLUMNS});`;
  const { types, said } = await read("m", { "m/1.sql": `${text.replace("ROW", row)}\n${after}` });
  expect(said).toEqual([]);
  expect(types).toBe(TYPES);
});

test("a row that is no statement is an error at the statement that gives it", async () => {
  const { said } = await read("m", { "m/1.sql": `${ACCT}\nselect 'creat table x ()' where true\\gexec\n` });
  expect(said).toEqual([expect.stringMatching(/^\S+ m\/1\.sql:.*syntax error at or near "creat"/)]);
});

/** With all in one file. */
const both = (wrap: (up: string) => string): Files => ({ "m/1.sql": wrap(`${ACCT}\n${RELAX}`) });

test.each<[report: string, files: Files, said?: readonly RegExp[], schema?: string]>([
  [
    "dbmate: blanks in front of a marker",
    both((up) => `  -- migrate:up\n${up}\n\t-- migrate:down\n${NO_ACCT}`),
  ],
  ["goose: blanks in front of a marker", both((up) => `  -- +goose Up\n${up}\n  -- +goose Down\n${NO_ACCT}`)],
  [
    "node-pg-migrate: blanks in front of a marker",
    both((up) => `  -- Up Migration\n${up}\n  --  Down   Migration\n${NO_ACCT}`),
  ],
  ["shmig", both((up) => `-- ==== UP ====\n${up}\n-- ==== DOWN ====\n${NO_ACCT}`)],
  ["rockhopper", both((up) => `-- +up\n-- +begin\n${up}\n-- +end\n-- +down\n${NO_ACCT}`)],
  ["a tool that nobody knows", both((up) => `-- mover:up\n${up}\n-- mover:revert\n${NO_ACCT}`)],
  [
    "halves whose names only differ in that word",
    halves(
      (n) => `m/${n}_x_up.sql`,
      (n) => `m/${n}_x_down.sql`,
    ),
  ],
  [
    "halves in folders",
    halves(
      (n) => `m/up/${n}_x.sql`,
      (n) => `m/down/${n}_x.sql`,
    ),
  ],
  [
    "sqitch without its plan, by a pattern",
    halves(
      (n) => `m/deploy/${n}_x.sql`,
      (n) => `m/revert/${n}_x.sql`,
    ),
    [],
    "m/**/*.sql",
  ],
  [
    "dbmate sorts by letters",
    {
      "m/10_a.sql": `-- migrate:up\n${ACCT}\n-- migrate:down`,
      "m/9_b.sql": `-- migrate:up\n${RELAX}\n-- migrate:down`,
    },
  ],
  [
    "goose: values of the environment, else what stands beside",
    both((up) => `-- +goose ENVSUB ON\n-- +goose Up\n${up.replace("acct", "${SOLITUDE_NONE:-acct}")}`),
  ],
  [
    "graphile-migrate: a folder that is being written",
    { "m/committed/000001.sql": ACCT, "m/current/1-x.sql": RELAX },
  ],
  [
    "graphile-migrate: what is included",
    {
      "m/committed/000001.sql": ACCT,
      "m/current.sql": "--! include relax.sql\n",
      "m/fixtures/relax.sql": RELAX,
    },
  ],
  ["refinery: U undoes nothing", { "m/V1__a.sql": ACCT, "m/U2__b.sql": RELAX }],
  ["Flyway: folders below", { "m/V1__a.sql": ACCT, "m/later/2024/V2__b.sql": RELAX }],
  [
    "Flyway: folders alone, whose names have another order",
    { "m/b/V1__a.sql": ACCT, "m/a/V2__b.sql": RELAX },
  ],
  ["Flyway: a pattern over folders", { "m/b/V1__a.sql": ACCT, "m/a/V10__b.sql": RELAX }, [], "m/**/*.sql"],
  [
    "Flyway: what is switched off",
    {
      "m/V1__a.sql": ACCT,
      "m/V2__b.sql": RELAX,
      "m/V3__c.sql": NO_ACCT,
      "m/V3__c.sql.conf": "executeInTransaction=false\nshouldExecute=false\n",
    },
  ],
  [
    "Hasura: the folder of a database",
    halves(
      (n) => `m/default/${n}_x/up.sql`,
      (n) => `m/default/${n}_x/down.sql`,
    ),
  ],
  [
    "Liquibase: ignored change sets",
    both(
      (up) => `--liquibase formatted sql\n--changeset a:1\n${up}\n--changeset a:2 ignore:true\n${NO_ACCT}`,
    ),
  ],
  [
    "Liquibase: properties of other databases",
    both(
      (up) =>
        `--liquibase formatted sql\n--property name:t value:other dbms:h2\n--property dbms:"postgresql" name:t value:acct\n--changeset a:1\n${up.replaceAll("acct", "${t}")}`,
    ),
  ],
  [
    "Liquibase: a delimiter behind a line break",
    both(
      (up) =>
        `--liquibase formatted sql\n--changeset a:1 endDelimiter:\\nGO\n${up.replaceAll(";", "\nGO\n")}`,
    ),
  ],
  [
    "Liquibase: a slash ends where it stands alone",
    both(
      (up) =>
        `--liquibase formatted sql\n--changeset a:1 endDelimiter:/ rollbackEndDelimiter:;\n${up.replaceAll(";", "\n/\n")}select 4 /\n2 as two\n/\n`,
    ),
  ],
  [
    "Liquibase: GO and / end by themselves",
    both(
      (up) =>
        `--liquibase formatted sql\n--changeset a:1\n${up.replace(";", "\nGO\n").replace(";", "\n/\n")}`,
    ),
  ],
  [
    "Liquibase: properties and delimiters in XML",
    {
      "m/changelog.xml": `<databaseChangeLog><property name="t" value="other" dbms="h2"/><property name="t" value="acct" dbms="mysql,postgresql"/><include file="a.sql" relativeToChangelogFile="true"/><changeSet id="2" author="a"><sql endDelimiter="GO">${RELAX.replace("acct", "${t}").replace(";", "\nGO")}\ncomment on table acct is 'x'\nGO</sql></changeSet><changeSet id="3" author="a" ignore="true"><sql>${NO_ACCT}</sql></changeSet></databaseChangeLog>`,
      "m/a.sql": ACCT.replace("acct", "${t}"),
    },
  ],
  [
    "Liquibase: preconditions are not asked",
    both(
      (up) =>
        `--liquibase formatted sql\n--changeset a:1\n--preconditions onFail:MARK_RAN\n--precondition-sql-check expectedResult:0 select 0\n${up}`,
    ),
    [/^schema-precondition m\/1\.sql: preconditions are not asked/],
  ],
  ["grate, DbUp: GO between statements", both((up) => `${up.replaceAll(";", ";\r\nGO\r\n")}`)],
  [
    "Atlas: the order of its sum",
    { "m/atlas.sum": "h1:a=\n10.sql h1:b=\n9.sql h1:c=\n", "m/10.sql": ACCT, "m/9.sql": RELAX },
  ],
  [
    "Atlas: line breaks that end",
    {
      "m/atlas.sum": "h1:a=\n",
      "m/1.sql": `-- atlas:delimiter \\n\\n\\n\n\n\n\n${`${ACCT}\n\n\n${RELAX}`.replaceAll(";", " -- no end")}`,
    },
  ],
  [
    "Atlas: a comment that ends",
    {
      "m/atlas.sum": "h1:a=\n",
      "m/1.sql": `-- atlas:delimiter -- end\n${`${ACCT}\n${RELAX}`.replaceAll(";", "\n-- end")}`,
    },
  ],
  [
    "Atlas: an archive",
    {
      "m/atlas.sum": "h1:a=\n",
      "m/1.sql": `-- atlas:txtar\n\n-- checks.sql --\n-- atlas:assert DS102\nselect not exists (select from gone);\n\n-- migration.sql --\n${ACCT}\n${RELAX}\n-- down.sql --\n${NO_ACCT}`,
    },
  ],
  [
    "Drizzle: breakpoints alone",
    {
      "m/a.sql": `${ACCT}${RELAX}`.replaceAll(";", "\n--> statement-breakpoint\n"),
      "m/meta/_journal.json": '\uFEFF{"entries":[{"tag":"a"}]}',
    },
  ],
  [
    "Drizzle: a file that the journal does not name",
    { "m/a.sql": `${ACCT}${RELAX}`, "m/b.sql": NO_ACCT, "m/meta/_journal.json": '{"entries":[{"tag":"a"}]}' },
    [/^schema-unread : m\/b\.sql is left out/],
  ],
  [
    "Bun: its own mark between statements",
    { "m/1_a.up.sql": `${ACCT}${RELAX}`.replaceAll(";", "\n--bun:split\n") },
  ],
  [
    "Play: semicolons within a statement are doubled",
    both(
      (up) => `# --- !Ups\n${up}\ndo $$ begin perform 1;; perform ';;';; end;; $$;\n# --- !Downs\n${NO_ACCT}`,
    ),
  ],
  [
    "pgschema: a folder that is included",
    {
      "m/main.sql": "\\i tables/\n",
      "m/tables/1 acct.sql": ACCT,
      "m/tables/2/relax.sql": RELAX,
      "m/tables/readme.md": "",
    },
    [],
    "m/main.sql",
  ],
  [
    "Liquibase: parameters of its properties",
    {
      "m/1.sql": `--liquibase formatted sql\n--changeset a:1\n${ACCT}${RELAX}`.replaceAll("acct", "${t}"),
      "liquibase.properties": "url: jdbc:postgresql://x\nparameter.t: acct\n",
    },
  ],
  [
    "Flyway: placeholders of Spring",
    {
      "m/V1__a.sql": `${ACCT}${RELAX}`.replaceAll("acct", "${t}"),
      "application.properties": "spring.datasource.url=x\nspring.flyway.placeholders.t=acct\n",
    },
  ],
  [
    "Flyway: marks of its own, within a word",
    {
      "m/V1__a.sql": `${ACCT}${RELAX}`.replaceAll("acct", "a__T__"),
      "flyway.conf": "flyway.placeholderPrefix=__\nflyway.placeholderSuffix=__\nflyway.placeholders.t=cct\n",
    },
  ],
  [
    "Flyway: marks and tables of TOML",
    {
      "m/V1__a.sql":
        `${ACCT}${RELAX} comment on table acct is 'of #[t]'; comment on column acct.id is '\${t}';`.replaceAll(
          /\bacct\b/g,
          "#[t]",
        ),
      "flyway.toml": `[flyway]\nplaceholderPrefix = "#["\nplaceholderSuffix = ']' # or else\nplaceholders = { "t" = 'acct', u = "x" }\n`,
    },
  ],
  [
    "Flyway: nothing is put in",
    {
      "m/V1__a.sql": `${ACCT}${RELAX} comment on table acct is '\${t}';`,
      "flyway.conf": "flyway.placeholderReplacement=false\n",
    },
  ],
  [
    "Flyway: placeholders of Spring in YAML, but those of a profile",
    {
      "src/main/resources/db/migration/V1__a.sql": `${ACCT}${RELAX}`.replaceAll("acct", "${t}"),
      "src/main/resources/application.yml":
        "spring:\n  flyway:\n    placeholders:\n      t: ${own.first:x}${NOWHERE_SET:cct}\nown: { first: a }\n---\nspring:\n  config.activate.on-profile: x\n  flyway: { placeholders: { t: other } }\n",
    },
    [],
    "src/main/resources/db/migration",
  ],
  [
    "Flyway: placeholders of Quarkus, in lines that go on",
    {
      "m/V1__a.sql": `${ACCT}${RELAX}`.replaceAll("acct", "${t}"),
      "application.properties": "# a\nquarkus.flyway.users.placeholders.t = a\\\n   cc\\u0074\n",
    },
  ],
  ["psql: the end of a file", both((up) => `${up}\n\\if true\n\\quit\n\\endif\n${NO_ACCT}`)],
  [
    "psql: the end is only said",
    both((up) => `\\echo Use "CREATE EXTENSION x" to load this file. \\quit\n${up}`),
  ],
  [
    "psql: variables in names of files",
    {
      "m/1.sql": "\\set dir sub\n\\i :dir/a.sql\n\\i :dir'/b.sql'\n",
      "m/sub/a.sql": ACCT,
      "m/sub/b.sql": RELAX,
    },
    [],
    "m/1.sql",
  ],
  [
    "psql: values in several parts, and another command behind them",
    both((up) => `\\set a ac\n\\set t :a 'ct' \\echo done\n${up.replaceAll("acct", ":t")}`),
  ],
  ["psql: constants of \\gset", both((up) => `select 'acct' as t \\gset\n${up.replaceAll("acct", ":t")}`)],
  [
    "psql: rows of its own COPY",
    both((up) => `\\copy gone from stdin csv\n1\ta;b\tc\n\\.\n\\copy gone from 'x.csv'\n${up}`),
  ],
  [
    "psql: what is not defined is given a value on one line",
    both((up) => `\\if :{?t} \\else \\set t acct \\endif\n${up.replaceAll("acct", ":t")}`),
  ],
  [
    "psql: a statement behind a command on its line",
    both((up) => `\\set t acct \\\\ ${up.replaceAll("acct", ":t")}\n\\if off \\\\ nonsense; \\endif`),
  ],
  [
    "psql: whether a variable is there",
    both(
      (up) =>
        `\\set yes :{?none}\n\\if :yes\nnonsense;\n\\endif\n${up}\ncreate view v as select :{?yes} as a;`,
    ),
  ],
  ["psql: statements that are sent together", both((up) => `begin\\; ${up.replace(";", "\\;")} commit;`)],
  [
    "psql: other ends of a statement",
    both((up) => `${up}\nselect 1 \\crosstabview\nselect 2 \\watch 1\nselect 3 \\bind \\g out.txt\n`),
  ],
  [
    "psql: a query decides a condition",
    both((up) => `select true as own \\gset\n\\if :own\n${up}\n\\endif`),
    [/^template-variable m\/1\.sql: what :own holds is known only when/],
  ],
  [
    "goose: migrations in Go",
    { ...both((up) => up), "m/2_b.go": "", "m/3_c.go": "", "m/3_c_test.go": "" },
    [/^schema-unread : m\/2_b\.go and 1 more like it is a migration that is no SQL/],
  ],
  [
    "Flyway: migrations in Java",
    { "m/V1__a.sql": `${ACCT}${RELAX}`, "m/V2__B.java": "" },
    [/^schema-unread : m\/V2__B\.java is a migration/],
  ],
  [
    "other suffixes",
    { ...both((up) => up), "m/2.SQL": "", "m/3.pgsql": "" },
    [/^schema-unread : m\/2\.SQL and 1 more like it is not read/],
  ],
  [
    "compressed files",
    { ...both((up) => up), "m/2.sql.gz": "" },
    [/^schema-unread : m\/2\.sql\.gz is not read/],
  ],
  [
    "goose: sentences that begin as another tool's markers",
    {
      "m/1.sql": `-- Up migration of accounts\n-- +goose Up\n${ACCT}\n-- Down migration keeps them\n${RELAX}\n-- +goose Down\n-- Up migrations are there again\nnonsense;\n-- up\nnonsense;`,
    },
  ],
  [
    "markers of two tools",
    {
      "m/1_a.sql": `-- +goose Up\n${ACCT}\n-- +goose Down\n${NO_ACCT}`,
      "m/2_b.sql": `-- migrate:up\n${RELAX}\n-- migrate:down\nnonsense`,
    },
    [/^schema-tools-mixed m\/2_b\.sql: m\/2_b\.sql has a marker of dbmate, and m\/1_a\.sql has one of goose/],
  ],
  [
    "versions that Flyway finds twice",
    { "m/V1__a.sql": ACCT, "m/V01.0__b.sql": RELAX, "m/V1.1__c.sql": "", "m/R__d.sql": "", "m/R__e.sql": "" },
    [/^schema-version-twice m\/V1__a\.sql: m\/V1__a\.sql has the version of m\/V01\.0__b\.sql: /],
  ],
  [
    "versions that goose finds twice",
    {
      "m/0001_a.sql": `-- +goose Up\n${ACCT}\n-- +goose Down\n${NO_ACCT}`,
      "m/1_b.sql": `-- +goose Up\n${RELAX}\n-- +goose Down\nnonsense`,
      "m/2_c.sql": "-- +goose Up\nselect 1;",
    },
    [/^schema-version-twice m\/1_b\.sql: m\/1_b\.sql has the version of m\/0001_a\.sql: /],
  ],
  [
    "versions that golang-migrate finds twice",
    {
      "m/1_a.up.sql": ACCT,
      "m/1_a.down.sql": NO_ACCT,
      "m/01_b.up.sql": RELAX,
      "m/2_c.up.sql": "",
    },
    [/^schema-version-twice m\/1_a\.up\.sql: m\/1_a\.up\.sql has the version of m\/01_b\.up\.sql: /],
  ],
  [
    "versions that dbmate finds twice",
    {
      "m/1_a.sql": `-- migrate:up\n${ACCT}\n-- migrate:down\n${NO_ACCT}`,
      "m/1_b.sql": `-- migrate:up\n${RELAX}\n-- migrate:down\nnonsense`,
    },
    [/^schema-version-twice m\/1_b\.sql: m\/1_b\.sql has the version of m\/1_a\.sql: /],
  ],
  [
    "names with one number, of a tool that goes by names",
    {
      "m/1_a.sql": `-- +migrate Up\n${ACCT}\n-- +migrate Down\n${NO_ACCT}`,
      "m/1_b.sql": `-- +migrate Up\n${RELAX}\n-- +migrate Down\nnonsense`,
    },
  ],
  ["names with one number, of nobody that is known", { "m/1_a.sql": ACCT, "m/1_b.sql": RELAX }],
  [
    "names that Flyway passes over",
    { "m/V1__a.sql": ACCT, "m/seed.sql": RELAX },
    [/^schema-tools-mixed m\/seed\.sql: m\/seed\.sql has a name that Flyway passes over: /],
  ],
  [
    "folders below",
    { ...both((up) => up), "m/archive/1.sql": "", "m/down/1.sql": "" },
    [/^schema-unread : m\/archive has SQL files, which are not read/],
  ],
])("files are read as their tool does: %s", async (_, files, expected = [], schema = "m") => {
  const { types, said } = await read(schema, files);
  expect(said).toEqual(expected.map((one) => expect.stringMatching(one)));
  if (!expected.some((one) => one.source.startsWith("^template")))
    expect(types.split("; ").filter((one) => !/^v\(/.test(one))).toEqual([TYPES]);
});

test.each([
  ["Jinja", `{% set t = 'x' %}\ncreate table {{ t }} (id int);\n{{ t }};`],
  ["Go", "create table {{ .Schema }}.x (id int);\n{{ if .More }}drop table x;{{ end }}"],
  ["ERB", "create table <%= name %> (id int);\n<% if more %>\ndrop table x;\n<% end %>"],
  ["a format string", "create table {schema}.x (id int);\ncreate table {schema}.y (id int);"],
  ["envsubst", "create table $SCHEMA.x (id int);\ncreate table $SCHEMA.y (id int);"],
])("a template is told once, as what it is: %s", async (_, text) => {
  const { said } = await read("m", { "m/1.sql": `${ACCT}\n${text}` });
  expect(said).toEqual([expect.stringMatching(/^schema-template m\/1\.sql: this file is a template/)]);
});

test.each([
  ["text", "comment on table acct is '{{ x }} {% y %} <%= z %>';"],
  ["an operator", "create view v as select 1 where 'a' <% 'b' and 'b' %> 'a';"],
  ["a body", "create function f() returns text return $x$ {a} $HOME $x$;"],
  ["a comment", "-- {{ x }} $HOME {a}"],
])("what only looks like a template in %s is none", async (_, text) => {
  const { said } = await read("m", { "m/1.sql": `${ACCT}\n${text}` });
  expect(said.filter((one) => one.startsWith("schema-template"))).toEqual([]);
});

test("every row of the table has a fixture", () => {
  const tried = new Set(FIXTURES.map(([tool]) => tool));
  expect(CONVENTIONS.map(({ tool }) => tool).filter((tool) => !tried.has(tool))).toEqual([]);
});

test("a reworked change's last script wins", async () => {
  const files = FIXTURES.find(([tool]) => tool === "sqitch")![1];
  expect((await read("m/deploy", files)).types).toBe(`${TYPES}; v(a integer)`);
  expect(await bench.engine.run("select pg_get_viewdef('v') as d")).toEqual([
    { d: expect.stringContaining("id + 1") },
  ]);
});

test("sqitch's changes in folders run as the plan says", async () => {
  const plan =
    "%syntax-version=1.0.0\n%project=shop\n\nz/acct/create 2024-01-01T00:00:00Z x <x@x>\na/relax 2024-01-03T00:00:00Z x <x@x>\n";
  const files = {
    "m/sqitch.plan": plan,
    "m/deploy/z/acct/create.sql": ACCT,
    "m/deploy/a/relax.sql": RELAX,
  };
  expect(await read("m/deploy/**/*.sql", files)).toEqual({ types: TYPES, said: [] });
});

test.each([
  ["-- === DOWN ==="],
  ["-- @undo"],
  ["-- rollback:"],
  ["--- Begin Down Migration Script"],
  ["-- ROLL BACK SECTION"],
  ["-- revert"],
  ["---- create above / drop\tbelow ----"],
  ["----  create above/drop below"],
])("a line that looks like a marker is warned of: %s", async (line) => {
  const { said } = await read("m", { "m/1.sql": `${ACCT}\n${line}\ncreate table kept ();` });
  expect(said).toEqual([expect.stringMatching(/^schema-marker-unknown m\/1\.sql: /)]);
});

test.each([
  ["-- the roll back of a payment"],
  ["-- down payments are kept here"],
  ["--rollback drop table acct;"],
  ["-- +goose StatementBegin"],
  ["-- up"],
  ["-- create above the others, drop below"],
])("and what does not look like one is not: %s", async (line) => {
  const { said, types } = await read("m", { "m/1.sql": `${line}\n${ACCT}\ncreate table kept ();` });
  expect(said).toEqual([]);
  expect(types).toContain("kept()");
});

test("words that a person writes between columns are no markers", async () => {
  const { said, types } = await read("m", {
    "m/1.sql": "-- up\ncreate table t (\n-- Up\nup int,\n-- Down\ndown int\n);",
  });
  expect(said).toEqual([expect.stringMatching(/^schema-marker-unknown/)]);
  expect(types).toBe("t(up integer, down integer)");
});

test.each([["m/001_undo.sql"], ["m/rollback/1.sql"], ["m/1.revert.x.sql"], ["m/down/1.sql"]])(
  "a name that looks like undoing is warned of: %s",
  async (path) => {
    const { said } = await read(path, { [path]: ACCT });
    expect(said).toEqual([expect.stringMatching(/^schema-name-doubtful /)]);
  },
);

test.each([
  ["m/20260717100000_chat_rollback_token/migration.sql"],
  ["m/0007_add_down_payments.sql"],
  ["m/3_slow_down_limits.sql"],
])("a word for it between those that a name is made of is no such name: %s", async (path) => {
  const { said, types } = await read("m", { [path]: ACCT });
  expect([said, types]).toEqual([[], expect.stringContaining("acct(")]);
});

test.each<[what: string, begins: string, said: RegExp, hint: RegExp]>([
  [
    "a dump",
    "PGDMP\u0001\u000f",
    /a dump in a format of pg_dump's own/,
    /pg_restore --schema-only --no-owner -f schema\.sql m\/1\.sql/,
  ],
  ["a dump in tar", `toc.dat${"\0".repeat(250)}ustar\u000000`, /an archive of tar/, /pg_restore/],
  ["gzip", "\u001f\u008b\u0008", /compressed by gzip/, /gunzip -c m\/1\.sql > schema\.sql/],
  ["SQLite", "SQLite format 3\0", /a database of SQLite/, /for PostgreSQL/],
])("what is no SQL is told once, with what makes some of it: %s", async (_, begins, said, hint) => {
  await mkdir(join(root, "m"));
  await writeFile(join(root, "m/1.sql"), Buffer.from(begins, "latin1"));
  const source = await readSchema(new DiskFiles(root), {
    schema: ["m"],
    schemaSpans: [],
    schemaVariables: {},
  });
  expect(source.diagnostics).toEqual([
    expect.objectContaining({
      code: "file-unreadable",
      message: expect.stringMatching(said),
      hint: expect.stringMatching(hint),
    }),
  ]);
});

test("a folder that is a dump is told with what makes SQL of it", async () => {
  const { said } = await read("dump", { "dump/toc.dat": "PGDMP", "dump/3201.dat.gz": "" });
  expect(said).toEqual([expect.stringMatching(/^schema-missing .*it is a dump of pg_dump's; `pg_restore/)]);
});

test("a changelog that is not read is told", async () => {
  const { said } = await read("m", {
    "m/1.sql": ACCT,
    "m/db.changelog-master.yaml": "databaseChangeLog: []",
  });
  expect(said).toEqual([
    expect.stringMatching(/^schema-manifest-unread : m\/db\.changelog-master\.yaml is not read/),
  ]);
});

test("what a changelog says and is not known is told for each, at its place; the rest is read", async () => {
  const changeSets =
    '<changeSet id="1" author="x"><customChange class="a.B"/></changeSet><include file="gone.sql"/>';
  const { said } = await read("m", {
    "m/changelog.xml": `<databaseChangeLog>${changeSets}<changeSet id="2" author="x"><sql>${ACCT} nonsense</sql></changeSet></databaseChangeLog>`,
  });
  expect(said).toEqual([
    expect.stringMatching(/^schema-changelog m\/changelog\.xml: the change customChange of changeSet 1/),
    expect.stringMatching(/^template-missing m\/changelog\.xml: the changelog reads gone\.sql/),
    expect.stringMatching(/^schema-syntax m\/changelog\.xml: .*"nonsense"/),
  ]);
  const broken = await read("m/changelog.xml", { "m/changelog.xml": "<databaseChangeLog><changeSet" });
  expect(broken.said).toEqual([
    expect.stringMatching(/^schema-changelog m\/changelog\.xml: the changelog cannot be read/),
  ]);
});

test("a placeholder without a value is told with where to write one; given one, it has it", async () => {
  const files = { "m/1.sql": "create table ${tbl}_x (id int);\ncreate table :other (id int);\n" };
  const { said } = await read("m", files);
  expect(said).toHaveLength(2);
  expect((await read("m", files, { tbl: "a", other: "b" })).types).toBe("a_x(id integer); b(id integer)");
});

test("what an included file does wrong is told where it stands", async () => {
  const { said } = await read("m/main.sql", {
    "m/main.sql": "create table a ();\n\\i sub.sql\ncreate tabel c ();",
    "m/sub.sql": "create table b (x nothing);",
  });
  expect(said).toEqual([
    'schema-syntax m/main.sql: syntax error at or near "tabel"',
    'schema-invalid m/sub.sql: type "nothing" does not exist',
  ]);
  const missing = await read("m/main.sql", { "m/main.sql": "\\i nowhere.sql" });
  expect(missing.said).toEqual(["template-missing m/main.sql: \\i reads nowhere.sql, which is not there"]);
});
