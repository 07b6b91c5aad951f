import pg from "pg";
import { RENAME } from "./sql.mjs";

/** `pg` with its pipelining, which is for single clients. */
export async function open(url) {
  const client = new pg.Client({ connectionString: url, pipeline: true });
  await client.connect();
  return {
    name: "pg, pipeline: true",
    batch: (ids, name) =>
      Promise.all(ids.map((id) => client.query({ name: "rename", text: RENAME, values: [id, name] }))),
    close: () => client.end(),
  };
}
