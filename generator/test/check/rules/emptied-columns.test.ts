import { EmbeddedEngine } from "../../../src/postgres/pglite.ts";
import { readExample } from "./examples.ts";
import { vetExample } from "./vet-example.ts";

// Which statement leaves a column without a value that has to have one: the key, or what asks for the value later.

let engine: EmbeddedEngine;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
});
afterAll(() => engine.close());

const PARENT = "create table p (a int, b int unique, primary key (a, b));";
const key = (column: string, action: string): string =>
  `create table t (id int primary key, x int${column} references p (b) ${action}); create index on t (x);`;

test.each([
  ["the key", [key(" not null", "on delete set null")], ["3.sql"]],
  ["its change of keys", [key(" not null", "on update set null")], ["3.sql"]],
  ["a default that is none", [key(" not null", "on delete set default")], ["3.sql"]],
  [
    "what asks for a value later",
    [key("", "on delete set null"), "alter table t alter x set not null;"],
    ["3.sql", "4.sql"],
  ],
  [
    "a default that is gone",
    [key(" not null default 1", "on delete set default"), "alter table t alter x drop default;"],
    ["3.sql", "4.sql"],
  ],
  [
    "a column of two that it does not write",
    [
      "create table t (x int not null, y int, foreign key (x, y) references p (a, b) on delete set null (y)); create index on t (x);",
    ],
    [],
  ],
  [
    "what is mended later",
    [key(" not null", "on delete set null"), "alter table t alter x drop not null;"],
    [],
  ],
  ["a default", [key(" not null default 1", "on delete set default")], []],
  ["a key that deletes along", [key(" not null", "on delete cascade")], []],
] as const)("%s", async (_, changes, expected) => {
  const texts = ["create table before (id int);", PARENT, ...changes];
  const files = texts.map((text, i) => `-- file: ${i + 1}.sql\n${text}\n`).join("\n");
  const found = await vetExample(engine, readExample(files));
  const own = found.filter(({ code }) => code === "set-null-on-required");
  expect([...new Set(own.map(({ span }) => span.file.split("/").at(-1)))].sort()).toEqual(expected);
});
