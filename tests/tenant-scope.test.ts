import { randomBytes } from "node:crypto";
import {
  type DatabaseConfig,
  fromPGlite,
  NoRowsError,
  NoScopeError,
  StatementError,
  TransactionClosedError,
} from "@solitude/runtime";
import { generateCode } from "./generate-code.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";
import { openEmbedded } from "./postgres/embedded.ts";

// A project of two tenants, whose generated object is used as theirs and as nobody's.

const ROLE = `solitude_tenants_${randomBytes(4).toString("hex")}`;
const SCHEMA = `
create table shops (id int primary key, name text not null);
create table goods (
  shop_id int not null references shops (id),
  id int not null,
  name text not null,
  primary key (shop_id, id)
);
create table offers (id int primary key, seller_shop_id int not null references shops (id), price int not null);
`;
const own = (column: string): string => `(${column} = nullif(current_setting('app.shop_id', true), '')::int)`;
const POLICIES = `
create role ${ROLE};
grant select, insert, update, delete on shops, goods, offers to ${ROLE};
alter table shops enable row level security;
alter table goods enable row level security;
alter table offers enable row level security;
create policy own on shops to ${ROLE} using ${own("id")};
create policy own on goods to ${ROLE} using ${own("shop_id")};
create policy own on offers to ${ROLE} using ${own("seller_shop_id")};
insert into shops values (1, 'one'), (2, 'two');
`;
const QUERIES = `
-- name: GetShop :one
select * from shops where id = @id;
-- name: ListShops :many
select * from shops where (name, id) > (@after_name, @after_id) order by name, id;
-- name: CountEverything :one
select count(*)::int as n from goods;
-- name: GetGood :one
select * from goods where shop_id = @shop_id and id = @id;
-- name: ListGoods :many
select id from goods where shop_id = @shop_id order by id;
-- name: ListGoodsOfShops :many
select id from goods where shop_id = any(@shop_ids::int[]) order by id;
-- name: RenameGood :execrows
update goods set name = @name where shop_id = @shop_id and id = @id;
-- name: AddGoods :copyfrom
insert into goods (shop_id, id, name) values (@shop_id, @id, @name);
-- name: RenameGoods :batchexec
update goods set name = @name where shop_id = @shop_id and id = @id;
-- name: ClearGoods :batchexec
delete from goods where shop_id = @shop_id;
-- name: CreateOffer :one
insert into offers (id, seller_shop_id, price) values (@id, @seller_shop_id, @price) returning *;
-- name: MoveGoods :execrows
update goods set shop_id = @to_shop_id where shop_id = @shop_id;
-- name: GetGoodAnywhere :one
select * from goods where shop_id = @shop_id and id = @id;
`;

type Functions = Record<string, (...args: unknown[]) => Promise<unknown>>;
interface Queries {
  readonly queries: Functions & { listGoodsStream(...args: unknown[]): AsyncIterable<unknown> };
}
interface Scope extends Queries {
  readonly replica: Queries;
  readonly client: { execute(text: string): Promise<{ rows: unknown[][] }> };
  readonly documents: unknown;
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: object): Promise<T>;
  begin(): Promise<Transaction>;
  run<T>(work: () => T): T;
}
interface Transaction extends Queries {
  readonly last: Queries;
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}
interface Shop extends Queries {
  tenant(id: unknown, options?: object): Scope;
  currentTenant(): Scope;
  shutdown(): Promise<void>;
}
interface Module {
  createShop(config: DatabaseConfig & { documents?: unknown }): Shop;
}

let database: TestDatabase;
let project: Awaited<ReturnType<typeof generateCode<Module>>>;
let db: Shop;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(SCHEMA + POLICIES);
  project = await generateCode<Module>(SCHEMA, QUERIES, {
    driver: "@solitude/runtime",
    emit_facade: "Shop",
    tenant: {
      column: "shop_id",
      setting: "app.shop_id",
      actor: "app.actor_id",
      method: "tenant",
      tables: { shops: "id", "public.offers": "seller_shop_id" },
      except: ["GetGoodAnywhere"],
    },
  });
  db = project.module.createShop({
    postgres: { connectionString: database.urlAs(ROLE), max: 2 },
    documents: { workspace: (id: number) => `the documents of ${id}` },
  });
});
afterAll(async () => {
  await db?.shutdown();
  project?.remove();
  await database?.pool.query(`drop table goods, offers, shops; drop role ${ROLE}`);
  await database?.drop();
});
beforeEach(async () => {
  await database.pool.query(
    "truncate goods, offers; insert into goods values (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c'), (2, 7, 'd')",
  );
});
const goods = async (): Promise<string[]> => {
  const { rows } = await database.pool.query("select * from goods order by shop_id, id");
  return rows.map(({ shop_id, id, name }) => `${shop_id}:${id}:${name}`);
};
const UNCHANGED = ["1:1:a", "1:2:b", "2:1:c", "2:7:d"];
async function collect(rows: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

test("the tenant's key is filled in, and stands in no arguments", async () => {
  const { queries } = db.tenant(1);
  expect(await queries.getGood?.({ id: 1 })).toEqual({ shopId: 1, id: 1, name: "a" });
  expect(await queries.getGood?.({ id: 7 })).toBe(null);
  expect(await queries.getGoodOrThrow?.({ id: 1 })).toEqual({ shopId: 1, id: 1, name: "a" });
  await expect(queries.getGoodOrThrow?.({ id: 7 })).rejects.toThrow(NoRowsError);
  expect(await queries.getShopOrThrow?.()).toEqual({ id: 1, name: "one" });
  expect(await queries.getShop?.()).toEqual({ id: 1, name: "one" });
  expect(await queries.listGoods?.()).toEqual([{ id: 1 }, { id: 2 }]);
  expect(await queries.listGoods?.({ timeout: 60_000 })).toEqual([{ id: 1 }, { id: 2 }]);
  expect(await collect(db.tenant(2).queries.listGoodsStream())).toEqual([{ id: 1 }, { id: 7 }]);
  expect(await queries.createOffer?.({ id: 1, price: 5 })).toEqual({ id: 1, sellerShopId: 1, price: 5 });
});

test("nothing that is passed gets into its place", async () => {
  const { queries } = db.tenant(1);
  expect(await queries.getGood?.({ shopId: 2, id: 7 })).toBe(null);
  expect(await queries.renameGood?.({ shopId: 2, id: 7, name: "x" })).toBe(0);
  expect(await queries.getShop?.({ id: 2 })).toEqual({ id: 1, name: "one" });
  expect(await goods()).toEqual(UNCHANGED);
});

test("a page's place, an array of keys, a second key, and what is excepted are arguments as before", async () => {
  const { queries } = db.tenant(1);
  expect(await queries.listShops?.({ afterName: "", afterId: 0 })).toEqual([{ id: 1, name: "one" }]);
  expect(await queries.listShops?.({ afterName: "one", afterId: 1 })).toEqual([]);
  expect(await queries.listGoodsOfShops?.({ shopIds: [2, 1] })).toEqual([{ id: 1 }, { id: 2 }]);
  await expect(queries.moveGoods?.({ toShopId: 2 })).rejects.toThrow(StatementError);
  expect(await queries.getGoodAnywhere?.({ shopId: 2, id: 7 })).toBe(null);
  expect(await queries.getGoodAnywhere?.({ shopId: 1, id: 1 })).not.toBe(null);
});

test("a query without a key is in the scope too, and none is outside of it", async () => {
  expect(await db.tenant(1).queries.countEverything?.()).toEqual({ n: 2 });
  expect(await db.tenant(3).queries.countEverything?.()).toEqual({ n: 0 });
  expect(await db.queries.countEverything?.()).toEqual({ n: 0 });
  expect(await db.queries.getGood?.({ shopId: 1, id: 1 })).toBe(null);
  expect(await db.tenant(2).replica.queries.countEverything?.()).toEqual({ n: 2 });
});

test("each of many arguments has it: of a batch, and of what is copied", async () => {
  const { queries } = db.tenant(1);
  const results = await queries.renameGoods?.([
    { id: 1, name: "x" },
    { id: 7, name: "y" },
  ]);
  expect(results).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
  expect(await goods()).toEqual(["1:1:x", "1:2:b", "2:1:c", "2:7:d"]);
  expect(await queries.clearGoods?.([{}], { atomic: true })).toMatchObject([{ status: "fulfilled" }]);
  expect(await goods()).toEqual(["2:1:c", "2:7:d"]);
  async function* later() {
    yield { id: 5, name: "e" };
  }
  function* now() {
    yield { id: 4, name: "d", shopId: 2 };
  }
  for (const rows of [[{ id: 3, name: "c" }], now(), later()]) expect(await queries.addGoods?.(rows)).toBe(1);
  expect(await goods()).toEqual(["1:3:c", "1:4:d", "1:5:e", "2:1:c", "2:7:d"]);
});

test("a transaction has it, with its savepoints, and by step", async () => {
  await db.tenant(1).transaction(async (tx) => {
    await tx.queries.renameGood?.({ id: 1, name: "x" });
    const failing = tx.transaction(async (savepoint) => {
      await savepoint.queries.renameGood?.({ id: 2, name: "y" });
      throw new Error("undo");
    });
    await expect(failing).rejects.toThrow("undo");
    expect(await tx.queries.countEverything?.()).toEqual({ n: 2 });
  });
  const begun = await db.tenant(2).begin();
  await begun.queries.renameGood?.({ id: 7, name: "z" });
  await begun.commit();
  await begun.rollback();
  expect(await goods()).toEqual(["1:1:x", "1:2:b", "2:1:c", "2:7:z"]);
});

test("a transaction's last call has it, in a savepoint too, and is committed", async () => {
  const renamed = await db.tenant(1).transaction(async (tx) => {
    await tx.queries.renameGood?.({ id: 1, name: "x" });
    await tx.transaction((savepoint) => savepoint.last.queries.renameGood!({ id: 2, name: "y" }));
    return tx.last.queries.renameGoods?.([{ id: 1, name: "z", shopId: 2 }]);
  });
  expect(renamed).toMatchObject([{ status: "fulfilled" }]);
  expect(await goods()).toEqual(["1:1:z", "1:2:y", "2:1:c", "2:7:d"]);
  // What is executed after it is in no transaction, and in nobody's scope.
  const begun = await db.tenant(2).begin();
  expect(await begun.last.queries.countEverything?.()).toEqual({ n: 2 });
  await expect(begun.queries.countEverything?.()).rejects.toThrow(TransactionClosedError);
  expect(await collect((await db.tenant(2).begin()).last.queries.listGoodsStream())).toEqual([
    { id: 1 },
    { id: 7 },
  ]);
  expect(await (await db.tenant(1).begin()).last.queries.addGoods?.([{ id: 3, name: "c" }])).toBe(1);
  expect(await goods()).toEqual(["1:1:z", "1:2:y", "1:3:c", "2:1:c", "2:7:d"]);
  expect(await db.queries.countEverything?.()).toEqual({ n: 0 });
});

test("further settings go with it, and cannot be the tenant's", async () => {
  const scope = db.tenant(1, { settings: { "app.actor_id": "ada", "app.shop_id": "2" } });
  const { rows } = await scope.client.execute("select current_setting('app.actor_id')");
  expect(rows).toEqual([["ada"]]);
  expect(await scope.queries.listGoods?.()).toEqual([{ id: 1 }, { id: 2 }]);
});

test("a scope acts for somebody, whatever the settings beside it say", async () => {
  const actorIn = async (scope: Scope): Promise<unknown> =>
    (await scope.client.execute("select current_setting('app.actor_id', true)")).rows[0]?.[0];
  expect(await actorIn(db.tenant(1, { actor: 7, settings: { "app.actor_id": "ada" } }))).toBe("7");
  expect(await db.tenant(1, { actor: "bob" }).run(() => actorIn(db.currentTenant()))).toBe("bob");
  expect(await actorIn(db.tenant(1))).toBeFalsy();
  for (const actor of [null, {}, 1.5])
    expect(() => db.tenant(1, { actor })).toThrow("an actor's id is a text or a whole number");
});

test("the current scope is that of the innermost run, across what is waited for", async () => {
  expect(() => db.currentTenant()).toThrow(NoScopeError);
  const seen = await Promise.all(
    [1, 2].map((id) =>
      db.tenant(id).run(async () => {
        await db.queries.countEverything?.();
        const inner = await db.tenant(3 - id).run(() => db.currentTenant().queries.listGoods?.());
        return [await db.currentTenant().queries.listGoods?.(), inner];
      }),
    ),
  );
  const [one, two] = [
    [{ id: 1 }, { id: 2 }],
    [{ id: 1 }, { id: 7 }],
  ];
  expect(seen).toEqual([
    [one, two],
    [two, one],
  ]);
  expect(() => db.currentTenant()).toThrow(NoScopeError);
});

test("documents are the tenant's", () => {
  expect(db.tenant(2).documents).toBe("the documents of 2");
});

test("it runs in memory, on a PGlite", async () => {
  const memory = await openEmbedded();
  await memory.exec(SCHEMA);
  await memory.exec(POLICIES);
  const shop = project.module.createShop({ postgres: fromPGlite(memory) });
  const role = { settings: { role: ROLE } };
  expect(await shop.tenant(1, role).queries.addGoods?.([{ id: 1, name: "a" }])).toBe(1);
  expect(await shop.tenant(1, role).queries.listGoods?.()).toEqual([{ id: 1 }]);
  expect(await shop.tenant(2, role).queries.countEverything?.()).toEqual({ n: 0 });
  await shop.shutdown();
  await memory.close();
});

test.each([undefined, null, "", Number.NaN, 1.5, {}, true])("%p is nobody's scope", (id) => {
  expect(() => db.tenant(id)).toThrow(TypeError);
});
