import pg from "pg";
import { createCustomer, createOrder, listCustomers, listOrders } from "./db";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });

const { id } = await createCustomer(pool, { name: "Ada" });
await createCustomer(pool, { name: "Grace" });
await createOrder(pool, { customerId: id, total: "19.90" });

for (const { name, total, state } of await listOrders(pool)) {
  const known: "open" | "paid" | "sent" | null = state;
  console.log(name, total ?? "nothing yet", known ?? "-");
}
for (const { name, orders } of await listCustomers(pool)) {
  const totals: string[] = orders.map((order) => order.total);
  console.log(name, totals);
}

await pool.end();
