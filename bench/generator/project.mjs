import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TABLES = 20;

/** A schema of twenty tables, each with a reference to the one before. */
export function schema() {
  return Array.from(
    { length: TABLES },
    (_, n) =>
      `create table t${n} (\n  id bigint generated always as identity primary key,\n  name text not null,\n  note text,\n` +
      `  amount numeric(12, 2) not null default 0,\n  created_at timestamptz not null default now(),\n` +
      `  parent_id bigint${n > 0 ? ` references t${n - 1}` : ""}\n);\n`,
  ).join("\n");
}

/** Statements in turn: by key, an outer join, an aggregate, an insert, an update. `$name` stands for a parameter. */
function statement(n, tables = TABLES) {
  const t = `t${n % tables}`;
  const u = `t${(n + 1) % tables}`;
  return [
    [":one", `select id, name, note, created_at from ${t} where id = $id`],
    [
      ":many",
      `select a.id, a.name, b.name as other, b.amount from ${t} a left join ${u} b on b.parent_id = a.id where a.name like $name`,
    ],
    [
      ":many",
      `select a.note, count(*) as n, sum(b.amount) as total from ${t} a join ${u} b on b.parent_id = a.id group by a.note`,
    ],
    [":one", `insert into ${t} (name, note, amount) values ($name, $note, $amount) returning id, created_at`],
    [":exec", `update ${t} set name = $name, note = $note where id = $id`],
  ][n % 5];
}

/** What a migration does to a table, one after the other in its life. */
const CHANGES = [
  (t, n) =>
    `create table ${t} (\n  id bigint generated always as identity primary key,\n  name text not null,\n  note text,\n` +
    `  amount numeric(12, 2) not null default 0,\n  created_at timestamptz not null default now()` +
    `${n > 0 ? `,\n  parent_id bigint references t${n - 1}` : ""}\n);\n`,
  (t) => `alter table ${t} add column state text not null default 'open';\n`,
  (t, n) =>
    n > 0 ? `create index ${t}_parent on ${t} (parent_id);\n` : `create index ${t}_state on ${t} (state);\n`,
  (t) => `alter table ${t} add constraint ${t}_amount check (amount >= 0) not valid;\n`,
  (t) => `alter table ${t} validate constraint ${t}_amount;\n`,
  (t) => `alter table ${t} add column old_note text, add column tags text[] not null default '{}';\n`,
  (t) => `create view ${t}_open as select id, name, amount from ${t} where state = 'open';\n`,
  (t) =>
    `create function ${t}_total() returns numeric language sql stable as $$ select coalesce(sum(amount), 0) from ${t} $$;\n`,
  (t) => `alter table ${t} drop column old_note;\n`,
  (t) => `comment on table ${t} is 'the table ${t}';\n`,
];

/** A project with a long history: so many numbered migrations, one change each, and so many queries on what they lead to, twenty to a file. */
export function writeHistory(folder, migrations, queries) {
  for (const name of ["queries", "schema"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(
    join(folder, "sqlc.yaml"),
    'version: "2"\nsql:\n  - engine: postgresql\n    schema: schema\n    queries: queries\n    gen: { typescript: { out: out } }\n',
  );
  for (let n = 0; n < migrations; n++) {
    const table = Math.floor(n / CHANGES.length);
    const path = join(folder, `schema/${String(n + 1).padStart(4, "0")}.sql`);
    writeFileSync(path, CHANGES[n % CHANGES.length](`t${table}`, table));
  }
  // The last table may be unfinished.
  const tables = Math.floor(migrations / CHANGES.length);
  for (let from = 0; from < queries; from += 20) {
    const numbers = Array.from({ length: Math.min(20, queries - from) }, (_, i) => from + i);
    const texts = numbers.map((n) => {
      const [command, sql] = statement(n, tables);
      return `-- name: Query${n} ${command}\n${sql.replace(/\$(\w+)/g, "@$1")};\n`;
    });
    writeFileSync(join(folder, `queries/q${from}.sql`), texts.join("\n"));
  }
}

/** The same queries for us (fifty to a file) and for pgtyped. */
export function writeProject(folder, count) {
  for (const name of ["queries", "src"]) mkdirSync(join(folder, name), { recursive: true });
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  writeFileSync(join(folder, "schema.sql"), schema());
  writeFileSync(
    join(folder, "sqlc.yaml"),
    'version: "2"\nsql:\n  - engine: postgresql\n    schema: schema.sql\n    queries: queries\n    gen: { typescript: { out: out } }\n',
  );
  for (let from = 0; from < count; from += 50) {
    const numbers = Array.from({ length: Math.min(50, count - from) }, (_, i) => from + i);
    const ours = numbers.map((n) => {
      const [command, sql] = statement(n);
      return `-- name: Query${n} ${command}\n${sql.replace(/\$(\w+)/g, "@$1")};\n`;
    });
    const theirs = numbers.map(
      (n) => `/* @name Query${n} */\n${statement(n)[1].replace(/\$(\w+)/g, ":$1!")};\n`,
    );
    writeFileSync(join(folder, `queries/q${from}.sql`), ours.join("\n"));
    writeFileSync(join(folder, `src/q${from}.sql`), theirs.join("\n"));
  }
}
