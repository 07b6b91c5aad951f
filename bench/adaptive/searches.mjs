import { and, desc, eq, gte, lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { bigint, integer, pgTable, real, text, timestamp } from "drizzle-orm/pg-core";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";

/** The ten filters: the argument, its column, its type and how it compares. */
const FILTERS = [
  ["shopId", "shop_id", "int", "="],
  ["categoryId", "category_id", "int", "="],
  ["brandId", "brand_id", "int", "="],
  ["status", "status", "text", "="],
  ["title", "title", "text", "="],
  ["minPrice", "price_cents", "int", ">="],
  ["maxPrice", "price_cents", "int", "<="],
  ["minRating", "rating", "real", ">="],
  ["minStock", "stock", "int", ">="],
  ["since", "created_at", "timestamptz", ">="],
];

const HEAD = "select id, title, price_cents from goods";
const tail = (by) => `order by ${by} desc, id desc limit 20`;
const conditions = FILTERS.map(
  ([, column, type, compares], i) => `($${i + 1}::${type} is null or ${column} ${compares} $${i + 1})`,
);
const whole = (by) => `${HEAD} where ${conditions.join(" and ")} ${tail(by)}`;

const goods = pgTable("goods", {
  id: bigint("id", { mode: "number" }).primaryKey(),
  shop_id: integer("shop_id").notNull(),
  category_id: integer("category_id").notNull(),
  brand_id: integer("brand_id").notNull(),
  status: text("status").notNull(),
  title: text("title").notNull(),
  price_cents: integer("price_cents").notNull(),
  rating: real("rating").notNull(),
  stock: integer("stock").notNull(),
  created_at: timestamp("created_at", { withTimezone: true, mode: "string" }).notNull(),
});
const DRIZZLE = { "=": eq, ">=": gte, "<=": lte };

const given = (args) => FILTERS.filter(([name]) => args[name] !== undefined);

/**
 * The contestants: each searches on the one connection that it is given.
 * @param by the column that comes first in the order
 */
export const searches = ({ plain, prepared }, by) => ({
  Solitude: (client) => searchOf(plain, by, client),
  "Solitude, prepared": (client) => searchOf(prepared, by, client),
  "`$1 is null or …`, prepared": (client) => async (args) =>
    (await client.query({ name: by, text: whole(by), values: FILTERS.map(([name]) => args[name] ?? null) }))
      .rows,
  "pg, a text built by hand": (client) => async (args) => {
    const own = given(args);
    const where = own.map(([, column, , compares], i) => `${column} ${compares} $${i + 1}`).join(" and ");
    const text = `${HEAD}${where && ` where ${where}`} ${tail(by)}`;
    return (await client.query({ text, values: own.map(([name]) => args[name]) })).rows;
  },
  kysely: (client) => {
    const db = new Kysely({ dialect: new PostgresDialect({ pool: poolOf(client) }) });
    return (args) => {
      let query = db.selectFrom("goods").select(["id", "title", "price_cents"]);
      for (const [name, column, , compares] of given(args)) query = query.where(column, compares, args[name]);
      return query.orderBy(by, "desc").orderBy("id", "desc").limit(20).execute();
    };
  },
  drizzle: (client) => {
    const db = drizzle(client);
    const { id, title, price_cents } = goods;
    return (args) => {
      const where = given(args).map(([name, column, , compares]) =>
        DRIZZLE[compares](goods[column], args[name]),
      );
      const selected = db.select({ id, title, price_cents }).from(goods);
      return selected
        .where(and(...where))
        .orderBy(desc(goods[by]), desc(id))
        .limit(20);
    };
  },
});

const searchOf = (generated, by, client) => (args) =>
  (by === "rating" ? generated.searchBestGoods : generated.searchGoods)(client, args);

/** A pool of the one connection. */
function poolOf(client) {
  return {
    connect: async () => ({ query: (...args) => client.query(...args), release() {} }),
    end: async () => {},
  };
}

export async function connect(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}
