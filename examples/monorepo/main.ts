import { listPrices } from "@shop/api";
import { createShop } from "@shop/db";

const shop = createShop({ postgres: { connectionString: process.env.DATABASE_URL } });
await shop.queries.addProduct({ sku: "a-1", name: "Lamp", price: "19.90" });
console.log(await listPrices(shop));
await shop.shutdown();
