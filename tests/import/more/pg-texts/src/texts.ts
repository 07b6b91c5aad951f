import type { Pool } from "pg";
import { pool } from "../pool";

/** Where statements of all kinds come by. */
export const query = (text: string, values?: unknown[]) => (pool as Pool).query(text, values);
