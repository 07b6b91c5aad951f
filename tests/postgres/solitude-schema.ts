import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import { createDatabase, exclusively, type TestDatabase, templateDatabase } from "./database.ts";

const SCHEMA = fileURLToPath(new URL("../../schema", import.meta.url));

const ROLES = ["solitude_app", "solitude_worker"].map((role) =>
  fileURLToPath(new URL(`../../roles/${role}.sql`, import.meta.url)),
);

/** Gives a database of its own with Solitude's schema and roles: a copy of one that was made once. */
export async function createSolitudeDatabase(): Promise<TestDatabase> {
  const template = await templateDatabase(16, "solitude_schema", applySolitudeSchema);
  if (template !== null) return createDatabase(16, template);
  const database = await createDatabase();
  await applySolitudeSchema(database.pool);
  return database;
}

/**
 * Applies Solitude's migrations as dbmate does (the upper half of each file, in a transaction, in order), and then the
 * rights of the application's roles.
 */
export async function applySolitudeSchema(pool: Pool): Promise<void> {
  const files = readdirSync(SCHEMA).filter((name) => name.endsWith(".sql"));
  await exclusively(16, async () => {
    for (const name of files.sort()) {
      const text = readFileSync(join(SCHEMA, name), "utf8");
      const [, up] = /^-- migrate:up.*\n([\s\S]*?)(?:^-- migrate:down|(?![\s\S]))/m.exec(text) ?? [];
      if (up === undefined) throw new Error(`${name} has no "-- migrate:up"`);
      // pg sends text without parameters as one simple query, which is one transaction.
      await pool.query(up).catch((error: Error) => {
        throw new Error(`${name}: ${error.message}`, { cause: error });
      });
    }
    for (const role of ROLES) await pool.query(readFileSync(role, "utf8"));
  });
}
