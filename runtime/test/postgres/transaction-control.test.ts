import { endsTransaction, isCopy, mayEndTransaction } from "../../src/postgres/transaction-control.ts";

test.each([
  "select 1",
  "-- name: Get :one\nSELECT 1",
  "-- call\r select 1",
  "/* call */ (select 1)",
  "/* /* call */ commit; */ select 1",
  "/*/* call */*/select 1",
  "; select 1",
  "( ( values (1)",
  "with a as (select 1) insert into t table a",
  "table t",
  "merge into t using u on true when matched then delete",
])("%p reads and writes rows", (text) => {
  expect(mayEndTransaction(text)).toBe(false);
});

test.each([
  "",
  "call p()",
  "-- name: Run :exec\ncall p()",
  "-- a comment ends with a line\rcall p()\n-- \n select",
  "/* a */ call p('*/ select')",
  "/* /* a */ select */ call p()",
  "/* select 1",
  "/* /* */ select 1",
  "-- select 1",
  "do $$ begin commit; end $$",
  "execute prepared",
  "vacuum",
  "selection",
])("%p may end its transaction, and is no end itself", (text) => {
  expect(mayEndTransaction(text)).toBe(true);
  expect(endsTransaction(text)).toBe(false);
});

test.each([
  "commit",
  "-- done\nCOMMIT AND CHAIN",
  "end work",
  "abort",
  "rollback",
  "rollback /* to where it began */ and chain",
  "rollback tomorrow",
  "prepare transaction 'p'",
  ";commit",
  " ;; -- done\n; end",
  "/* /* done */ */ commit",
  "/**/commit",
])("%p ends it", (text) => {
  expect(endsTransaction(text)).toBe(true);
});

test.each([
  "rollback to s",
  "ROLLBACK WORK TO SAVEPOINT s",
  "rollback transaction to s",
  "release s",
  "begin",
  "prepare s as select 1",
  "commitment",
])("%p does not", (text) => {
  expect(endsTransaction(text)).toBe(false);
});

test.each([
  ["copy t to stdout", true],
  ["-- name: Dump\n/* /* */ */ COPY(select 1) to stdout", true],
  ["copying", false],
  ["/* copy t to stdout */", false],
  ["select 'copy'", false],
  ["with a as (select 1) select 1", false],
])("%p is a COPY: %p", (text, is) => {
  expect(isCopy(text)).toBe(is);
});
