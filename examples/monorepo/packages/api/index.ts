import type { Shop } from "@shop/db";

/** What the page of all products shows. */
export async function listPrices(shop: Shop): Promise<string[]> {
  const products = await shop.queries.listProducts();
  return products.map(({ name, price }) => `${name}: ${price}`);
}
