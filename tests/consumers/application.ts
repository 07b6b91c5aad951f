import type { GetUserRow, getUser } from "@solitude/client";
import { createPool, type PoolOptions, UniqueViolationError } from "@solitude/runtime";
import { loadConfig } from "@solitude/runtime/config";
import { getUser as ownGetUser } from "./db/users_sql.js";

type IsAny<T> = 0 extends 1 & T ? true : false;

const options: PoolOptions = { max: 1 };
const pool = createPool(options);
const port: number = loadConfig({ DATABASE_URL: "postgres://a:b@host/c" }).postgres.port;
export const typed: [IsAny<typeof pool>, IsAny<GetUserRow["id"]>, IsAny<typeof getUser>] = [
  false,
  false,
  false,
];
export const isTaken = (error: unknown): boolean => error instanceof UniqueViolationError;
export const own: typeof getUser = ownGetUser;

void pool.close().then(() => console.log(port));
