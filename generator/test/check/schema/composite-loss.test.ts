import { Bench } from "./bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterAll(() => bench.close());

// A row's cast cuts off what is too long, and says nothing.

test.each([
  ["text", "varchar(5)", "characters beyond 5 of what is stored in public.pair.a"],
  ["varchar(10)[]", "varchar(5)[]", "characters beyond 5 of what is stored in public.pair.a"],
  ["text", "char(3)", "characters beyond 3 of what is stored in public.pair.a"],
  ["varbit(9)", "bit(3)", "bits beyond 3 of what is stored in public.pair.a"],
  ["numeric(12,4)", "numeric(6,2)", "digits behind the point of what is stored in public.pair.a"],
  ["varchar(5)", "varchar(10)", null],
  ["varchar(5)", "text", null],
])("an attribute that goes from %s to %s", async (from, to, lost) => {
  const schema = (type: string) => `create type pair as (a ${type}, b int); create table t (p pair);`;
  const { migration } = await bench.diff(schema(from), schema(to));
  expect(migration!.unsupported).toEqual([]);
  expect(migration!.statements.find(({ destroys }) => destroys !== null)?.destroys ?? null).toBe(lost);
});
