import type { AddressInfo } from "node:net";
import pg from "pg";
import { createApp } from "./app";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const server = createApp(pool).listen(0);
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notes`;

async function send(method: string, path: string, body?: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  console.log(method, path, response.status, await response.text());
}
await send("POST", "", { text: "Buy milk" });
await send("POST", "", { text: "" });
await send("PATCH", "/1", { pinned: true });
await send("PATCH", "/7", { pinned: true });
await send("GET", "?pinned=true");
server.close();
await pool.end();
