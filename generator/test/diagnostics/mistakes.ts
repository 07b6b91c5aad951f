/** Files in place of, or beside, those of a small project that works. */
export type Mistake = Readonly<Record<string, string | null>>;

export const PROJECT: Readonly<Record<string, string>> = {
  "sqlc.yaml": `version: "2"
sql:
  - engine: postgresql
    schema: schema.sql
    queries: query.sql
    gen: { typescript: { out: db } }
`,
  "schema.sql": `create type mood as enum ('sad', 'happy');
create schema app;
create table authors (
  id bigint generated always as identity primary key,
  name text not null,
  born date,
  mood mood not null default 'happy'
);
create table books (id int primary key, author_id bigint not null references authors, title text not null);
create table app.settings (key text primary key, value jsonb not null);
`,
  "query.sql": "-- name: One :one\nselect 1 as one;\n",
};

const query = (text: string): Mistake => ({ "query.sql": `-- name: Q :many\n${text}\n` });
const after = (text: string): Mistake => ({ "query.sql": `${text}\n` });
const schema = (text: string): Mistake => ({ "schema.sql": `${PROJECT["schema.sql"]}${text}\n` });
const config = (text: string): Mistake => ({ "sqlc.yaml": text });
const entry = (lines: string): Mistake =>
  config(PROJECT["sqlc.yaml"]!.replace("    gen:", `${lines.replace(/^/gm, "    ")}\n    gen:`));

const inFolder = config(PROJECT["sqlc.yaml"]!.replace("schema: schema.sql", "schema: m"));

/** What people do wrong: each has one error, at its place, that says what to do. */
export const MISTAKES: Readonly<Record<string, Mistake>> = {
  // names
  "a table's name in the singular": query("select id from author;"),
  "a letter missing in a table's name": query("select id from autors where id = @id;"),
  "a table of a schema, without the schema": query("select key from settings;"),
  "a table of a schema, misspelt": query("select key from app.setings;"),
  "a schema misspelt": query("select key from ap.settings;"),
  "a column misspelt": query("select nam from authors;"),
  "a column misspelt, behind an alias": query("select a.titel from books a;"),
  "an alias that is not there": query("select b.id from authors a;"),
  "a table's name where it has an alias": query("select authors.id from authors a;"),
  "a function misspelt": query("select lenght(name) from authors;"),
  "a function with other arguments": query("select length(id) from authors;"),
  "a type misspelt": query("select name::txet from authors;"),
  "an enum misspelt": query("select name::modd from authors;"),
  "a label that the enum has not": query("select id from authors where mood = 'angry';"),
  "an ambiguous column": query("select id from authors join books on author_id = authors.id;"),
  "an operator that the types have not": query("select id from authors where name = 1;"),
  "an aggregate in where": query("select id from authors where count(*) > 1;"),
  "a column that is not grouped": query("select name, count(*) from authors;"),
  "a quoted name in the wrong case": query('select "Name" from authors;'),
  "a question mark in front of a word": query("select id from authors where id = ? order by id;"),
  "one parameter as two types": {
    ...schema("create table pets (a varchar, b text);"),
    ...after("-- name: Q :exec\nupdate pets set a = @q, b = @q;"),
  },
  "an optional filter of no type": query(
    "select case when sqlc.narg(value) is null then value else sqlc.narg(value) end as v from app.settings where sqlc.narg(key) is null or key = sqlc.narg(key);",
  ),
  "a function of an extension that nobody creates": query("select similarity(name, 'a') from authors;"),
  "a type of an extension that nobody creates": schema(
    "create table people (name citext, other citext); create function f(people) returns int language sql as 'select 1'; create view v as select f(p) from people p; create table more (a public.citext); comment on column people.name is 'a';",
  ),
  "a table that an extension took along": {
    ...schema("create extension postgis;\ncreate table places (id int, at geometry);"),
    ...query("select id from places;"),
  },
  "a table of another database": schema("create table pets (id integer primary key autoincrement);"),
  "a template of another tool": schema('create table {{ index .Options "Namespace" }}.pets (id int);'),
  "a table behind what a dump sets": schema(
    "select pg_catalog.set_config('search_path', '', false);\ncreate table later (id int);",
  ),
  // grammar
  "a word misspelt": query("selct id from authors;"),
  "from misspelt": query("select id form authors;"),
  "where misspelt": query("select id from authors whre id = 1;"),
  "a comma too many": query("select id, from authors;"),
  "a comma too few": query("select id name born from authors;"),
  "a parenthesis too few": query("select (id from authors;"),
  "a parenthesis too many": query("select id) from authors;"),
  "an unclosed quote": query(
    "select 'it''s' as a, 'open as b from authors;\n\n-- name: R :many\nselect 1 as x;",
  ),
  "an unclosed quote that a later one closes": query(
    "select 'open as b from authors;\n\n-- name: R :many\nselect 'x' as x;",
  ),
  "an unclosed quoted name": query('select "id from authors;'),
  "an unclosed comment": query("select id /* the key from authors;"),
  "an unclosed dollar quote": query("do $$ begin end;"),
  "a limit in the wrong place": query("select id from authors limit 1 where id = 2;"),
  "a space that is none": query("select\u00a0id from authors;"),
  "a space that is none behind a name": query("select id, name\u200b from authors;"),
  "typographic quotes": query("select id from authors where name = ‘x’;"),
  "a character that ends the text": query("select 'a\0b' as a from authors;"),
  // One folder alone would be that of one database.
  "a folder whose folders have the files": {
    ...inFolder,
    "m/a/1.sql": PROJECT["schema.sql"]!,
    "m/b/1.sql": PROJECT["schema.sql"]!,
  },
  "a file whose name ends in capitals": { ...inFolder, "m/1.SQL": PROJECT["schema.sql"]! },
  "double quotes for a string": query('select id from authors where name = "x";'),
  backticks: query("select `id` from authors;"),
  "two equals signs": query("select id from authors where id == 1;"),
  "an exclamation mark and two equals signs": query("select id from authors where id !== 1;"),
  "MySQL's limit": query("select id from authors limit 10, 5;"),
  "SQL Server's top": query("select top 5 id from authors;"),
  "a number of days": query("select id from authors where born > now() - 7 days;"),
  "a delete of columns": query("delete * from authors where id = 1 returning id;"),
  "a join without its condition": query("select 1 from authors a join books b where a.id = b.author_id;"),
  "texts that are added": query("select name + name as twice from authors;"),
  "SET with and": query("update books set title = 'a' and author_id = 1 where id = 1 returning id;"),
  "an output in WHERE": query("select name, count(*) c from authors where c > 1 group by name;"),
  "MySQL's function": query("select ifnull(name, '') as n from authors;"),
  "a function of another database that looks like one here": query(
    "select group_concat(name) as n from authors;",
  ),
  "an assignment in where": query("update authors set name := 'x';"),
  // parameters
  "a parameter that nothing types": query("select json_build_object('a', @a);"),
  "a parameter that is first asked whether it is null": query(
    "select id from authors where sqlc.narg(name) is null or name = sqlc.narg(name);",
  ),
  "a parameter of two types": query("select id from authors where id = @x and name = @x;"),
  "a type in front of a parameter": query("select id from authors where born > now() - interval @span;"),
  "a parameter in Prisma's and pgtyped's manner": query("select id from authors where id = :id;"),
  "a parameter in MySQL's manner": query("select id from authors where id = ?;"),
  "a parameter in JavaScript's manner": query("select id from authors where id = $id;"),
  "a parameter in braces": query("select id from authors where id = {id};"),
  "a parameter in Python's manner": query("select id from authors where id = %s;"),
  "a parameter in SQLite's manner": query("select id from authors where id = ?1;"),
  "a list without parentheses": query("select id from authors where id in sqlc.slice(ids);"),
  "a template": query("select id from authors where id = ${id};"),
  "a parameter without a name": query("select id from authors where id = @;"),
  "a gap in the numbers": query("select id from authors where id = $2;"),
  "a macro misspelt": query("select id from authors where id = sqlc.agr(id);"),
  "a macro with two arguments": query("select id from authors where id = sqlc.arg(id, 1);"),
  "a macro with a number": query("select id from authors where id = sqlc.arg(1);"),
  "an embed of what is not there": query("select sqlc.embed(author) from authors;"),
  "a parameter for a table's name": query("select id from @table;"),
  "a parameter for a direction": query("select id from authors order by id @direction;"),
  "too few values": query("insert into authors (name, born) values (@name) returning id;"),
  "a value for a generated key": query(
    "insert into authors (id, name) values (@id, @name) returning nothing;",
  ),
  // annotations
  "no command": after("-- name: Q\nselect 1;"),
  "a command misspelt": after("-- name: Q :mnay\nselect 1;"),
  "an annotation without its colon": after("-- name Q :many\nselect 1;"),
  "an annotation with a capital": after("-- Name: Q :many\nselect 1;"),
  "an annotation without a space": after("--name: Q :many\nselect 1;"),
  "two names": after("-- name: Q R :many\nselect 1;"),
  "a name that is none": after("-- name: get-author :many\nselect 1;"),
  "an annotation of pgtyped": after("/* @name GetAuthor */\nselect 1;"),
  "a query of TypedSQL's": after("-- @param {BigInt} $1:id\nselect name from authors where id = $1;"),
  "an annotation without a statement": after("-- name: Q :many\n\n-- name: R :many\nselect 1;"),
  "a semicolon too few": after("-- name: Q :many\nselect 1"),
  "the same name twice": after("-- name: Q :many\nselect 1;\n-- name: Q :one\nselect 2;"),
  "no query at all": after("select 1;"),
  ":one of an insert without returning": after("-- name: Q :one\ninsert into authors (name) values (@name);"),
  ":many of a statement without rows": after("-- name: Q :many\ntruncate books;"),
  ":many of a fetch": after("-- name: Q :many\nfetch 10 from c;"),
  ":copyfrom of a select": after("-- name: Q :copyfrom\nselect 1;"),
  ":batchexec without a parameter": after("-- name: Q :batchexec\ndelete from books;"),
  "a copy from standard input": after("-- name: Q :exec\ncopy books from stdin;"),
  // the schema
  "a sum of a hundred thousand terms": query(`select ${"1 + ".repeat(100_000)}1 as sum;`),
  "a type of the schema misspelt": schema("create table x (a integr);"),
  "an own type of the schema misspelt": schema("create table x (a modo);"),
  "a word of the schema misspelt": schema("create tabel x (id int);\ncreate view y as select * from x;"),
  "a view over what is not there": schema("create view x as select id from author;"),
  "a view over what nobody makes": schema("create view x as select id from nothing_like_it;"),
  "a column that is not there": schema("alter table authors drop column nam;"),
  "a table dropped that is not there": schema("drop table author;"),
  "a placeholder without a value": schema("create table ${tbl} (id int);"),
  "what uses a failed statement": {
    ...schema("create table x (a nothing_of_the_kind);"),
    ...query("select a from x;"),
  },
  "a schema that is not there": { "schema.sql": null, ...query("select id from authors;") },
  "an empty folder of a schema": { "schema.sql": null, "schema.sql/readme.txt": "" },
  "a schema that is not in UTF-8": {
    "schema.sql": "create table authors (n text default '\u0000latin1:\u00e9');",
  },
  "a schema in UTF-16": {
    "schema.sql": `\u0000latin1:\u00ff\u00fec\u0000r\u0000`,
    ...query("select id from authors;"),
  },
  "a file that follows on one that cannot be read": {
    ...inFolder,
    "m/1.sql": "\u0000latin1:-- \u00e9\ncreate table authors (id int);",
    "m/2.sql": "alter table authors add name text;\ncreate view names as select name from authors;",
  },
  "a space of the schema that is none": schema("create\u00a0table x (a int);"),
  "typographic quotes in the schema": schema("create table x (a text default \u2018b\u2019);"),
  "the mark of another file's beginning": schema("\ufeffcreate table x (a int);"),
  "the end of a file of DOS": schema("create table x (a int);\n\u001a"),
  "a comma too few in the schema": schema("create table x (a int b text);"),
  "a comma too many in the schema": schema("create table x (a int, b text,);"),
  "a parenthesis too few in the schema": schema("create table x (a varchar(10), b text;"),
  "a semicolon too few in the schema": schema("create table x (a int)\ncreate table y (b int);"),
  "a column that MySQL changes": schema(
    "create table x (a timestamp default current_timestamp on update current_timestamp);",
  ),
  // the configuration
  "a configuration in UTF-16": config(
    `\u0000latin1:${[...`\u00ff\u00fe${"version"}`].join("\u0000").replace("\u00ff\u0000\u00fe\u0000", "\u00ff\u00fe")}`,
  ),
  "no queries": config(PROJECT["sqlc.yaml"]!.replace(/^ *queries.*\n/m, "")),
  "a key of the configuration misspelt": entry("querys: query.sql"),
  "an option misspelt": config(PROJECT["sqlc.yaml"]!.replace("out: db", "out: db, drivr: pg")),
  "a driver that is none": config(PROJECT["sqlc.yaml"]!.replace("out: db", "out: db, driver: postgresql")),
  "an engine that is none": config(PROJECT["sqlc.yaml"]!.replace("postgresql", "postgres")),
  "no out": config(PROJECT["sqlc.yaml"]!.replace("out: db", "")),
  "no version": config(PROJECT["sqlc.yaml"]!.replace('version: "2"\n', "")),
  "a version that is none": config(PROJECT["sqlc.yaml"]!.replace('"2"', '"3"')),
  "wrong indentation": config(PROJECT["sqlc.yaml"]!.replace("    queries", "   queries")),
  "a tab": config(PROJECT["sqlc.yaml"]!.replace("    queries", "\tqueries")),
  "no entry": config('version: "2"\nsql: []\n'),
  "queries that are not there": { "query.sql": null },
};
