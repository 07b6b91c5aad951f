import pg from "pg";
import { createAuthor, listAuthors } from "./db";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
await createAuthor(pool, { name: "Ursula", bio: "of Earthsea" });
await createAuthor(pool, { name: "Octavia", bio: null });
console.log(await listAuthors(pool, { names: ["Ursula"] }));
await pool.end();
