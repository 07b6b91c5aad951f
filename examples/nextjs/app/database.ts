import { createPool, type Pool } from "@solitude/runtime";

// `next dev` loads this module anew after each change: the pool is kept beside it, or each would leave its connections behind.
const kept = globalThis as { pool?: Pool };
kept.pool ??= createPool({ connectionString: process.env.DATABASE_URL });
export const pool = kept.pool;
