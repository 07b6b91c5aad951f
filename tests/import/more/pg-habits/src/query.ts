import { pool } from "../pool";

/** Where statements come by that need no client. */
export const query = (text: string, values: unknown[] = []) => pool.query(text, values);
