import { sql } from "@pgtyped/runtime";
import type { Client } from "./client";
import type { ICountQuery, INamesQuery } from "./rooms.types";

/** Used elsewhere. */
export const names = sql<INamesQuery>`SELECT name FROM rooms WHERE name LIKE $like! ORDER BY name`;
const count = sql<ICountQuery>`SELECT count(*)::int AS "count!" FROM rooms WHERE name LIKE $like!`;

export const howMany = async (client: Client, like: string): Promise<number> =>
  (await count.run({ like }, client))[0]!.count;
