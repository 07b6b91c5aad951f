import type pg from "pg";

export type Client = pg.Pool | pg.ClientBase;
