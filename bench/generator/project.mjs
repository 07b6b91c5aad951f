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
function statement(n) {
  const t = `t${n % TABLES}`;
  const u = `t${(n + 1) % TABLES}`;
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
