import { createPool, type Pool } from "@solitude/runtime";
import postgres from "postgres";
import { generateCode } from "./generate-code.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";
import fc from "./properties.ts";

// Rows inside of rows hold what the same rows hold by themselves, in every driver.

const SCHEMA = `
create type mark as (k text, n int);
create table parent (id int primary key, label text not null);
create table child (
  id int primary key, parent_id int not null references parent, note text, tags text[] not null, conf jsonb, big numeric not null,
  mark mark, flag boolean not null, at timestamptz, bytes bytea
);
`;
const QUERIES = `
-- name: Nested :many
select p.id, array(select c from child c where c.parent_id = p.id order by c.id) as children from parent p order by p.id;

-- name: Grouped :many
select p.id, array_agg(c order by c.id) as children from parent p left join child c on c.parent_id = p.id group by p.id order by p.id;

-- name: Deep :many
select s as pair from (select p, array(select c from child c where c.parent_id = p.id order by c.id) as children, row (p.id, p.label) as extra from parent p) s order by (s.p).id;

-- name: Flat :many
select c.* from child c order by c.id;

-- name: OfParent :batchmany
select c as child from child c where c.parent_id = @parent_id order by c.id;
`;
interface Child {
  readonly id: number;
  readonly parentId: number;
}
interface Parent {
  readonly id: number;
  readonly children: readonly (Child | null)[];
}
interface Module {
  nested(client: unknown): Promise<Parent[]>;
  nestedStream(client: unknown): AsyncIterable<Parent>;
  grouped(client: unknown): Promise<Parent[]>;
  deep(client: unknown): Promise<{ pair: { p: object; children: Child[]; extra: object } }[]>;
  flat(client: unknown): Promise<Child[]>;
  ofParent(
    client: unknown,
    args: readonly { parentId: number }[],
  ): Promise<PromiseSettledResult<{ child: Child }[]>[]>;
}

let database: TestDatabase;
let pool: Pool;
let sql: postgres.Sql;
const generatedCode: { readonly module: Module; remove(): void }[] = [];
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(SCHEMA);
  for (const driver of ["@solitude/runtime", "pg", "postgres"])
    generatedCode.push(await generateCode<Module>(SCHEMA, QUERIES, { driver }));
  pool = createPool({ connectionString: database.url, max: 1 });
  sql = postgres(database.url, { max: 1 });
});
afterAll(async () => {
  for (const { remove } of generatedCode) remove();
  await pool?.close();
  await sql?.end();
  await database?.drop();
});

const text = fc.oneof(
  fc.constantFrom("", "NULL", '"', "\\", "(,)", "{}", " a ", "'", "a,b", "\n", "null"),
  // U+0000 is none of PostgreSQL's texts.
  fc.string({ maxLength: 6 }).map((one) => one.replaceAll("\0", "")),
);
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const child = fc.record({
  parent: fc.integer({ min: 1, max: 3 }),
  note: orNull(text),
  tags: fc.array(orNull(text), { maxLength: 3 }),
  conf: orNull(fc.record({ key: text, list: fc.array(text, { maxLength: 2 }) })),
  big: fc.constantFrom("1.50", "12345678901234567890.123", "NaN"),
  mark: orNull(fc.tuple(orNull(text), orNull(fc.nat(9)))),
  flag: fc.boolean(),
  at: orNull(fc.constantFrom("2026-01-01 00:00:00+00", "infinity")),
  bytes: orNull(fc.uint8Array({ maxLength: 4 })),
});

test("nested rows are what they are by themselves, by every driver", async () => {
  await fc.assert(
    fc.asyncProperty(text, fc.array(child, { maxLength: 6 }), async (label, children) => {
      await database.pool.query("truncate parent, child");
      await database.pool.query("insert into parent select g, $1 || g from generate_series(1, 3) g", [label]);
      for (const [i, { parent, note, tags, conf, big, mark, flag, at, bytes }] of children.entries())
        await database.pool.query(
          `insert into child values ($1, $2, $3, $4, $5, $6, case when $7::bool then row($8::text, $9::int)::mark end, $10, $11, $12)`,
          [
            i + 1,
            parent,
            note,
            tags,
            conf && JSON.stringify(conf),
            big,
            mark !== null,
            mark?.[0],
            mark?.[1],
            flag,
            at,
          ].concat([bytes && Buffer.from(bytes)] as never[]),
        );
      for (const [i, client] of [pool, database.pool, sql].entries()) {
        const { module } = generatedCode[i]!;
        const flat = await module.flat(client);
        const of = (id: number): Child[] => flat.filter(({ parentId }) => parentId === id);
        const expected = [1, 2, 3].map((id) => ({ id, children: of(id) }));
        expect(await module.nested(client)).toEqual(expected);
        if (i === 0) {
          const streamed: Parent[] = [];
          for await (const row of module.nestedStream(client)) streamed.push(row);
          expect(streamed).toEqual(expected);
        }
        expect(await module.grouped(client)).toEqual(
          expected.map(({ id, children: own }) => ({ id, children: own.length > 0 ? own : [null] })),
        );
        expect(await module.deep(client)).toEqual(
          expected.map(({ id, children: own }) => ({
            pair: { p: { id, label: label + id }, children: own, extra: { f1: id, f2: label + id } },
          })),
        );
        const batch = await module.ofParent(client, [{ parentId: 1 }, { parentId: 2 }]);
        expect(batch.map((one) => one.status === "fulfilled" && one.value.map((row) => row.child))).toEqual([
          of(1),
          of(2),
        ]);
      }
    }),
    { numRuns: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 25) },
  );
});

test("an attribute that is NULL where it was not to be is an error that names it", async () => {
  const { module } = generatedCode[1]!;
  const client = {
    query: async () => ({ rows: [["1", '{"(1,,,{},,1.5,,t,,)"}']], rowCount: 1, command: "SELECT" }),
  };
  await expect(module.nested(client)).rejects.toThrow(
    'Nested: column "children": has an attribute that is null: parentId',
  );
});
