import { createHash, randomBytes } from "node:crypto";
import pg from "pg";

/** A database of its own on a server, with the schema in it. */
export interface OwnDatabase {
  readonly connectionString: string;
  drop(): Promise<void>;
}

/**
 * Makes a database on a server as a copy of a template that has the schema, which is made once and stays for runs to come. What is
 * in the schema of roles, which belong to the whole server, must be written so that it can be there already.
 */
export async function createFromTemplate(server: string, schema: readonly string[]): Promise<OwnDatabase> {
  const hash = createHash("sha256").update(JSON.stringify(schema)).digest("hex").slice(0, 16);
  const template = `solitude_testing_${hash}`;
  const name = `${template}_${randomBytes(5).toString("hex")}`;
  await on(server, async (admin) => {
    // Of several processes that begin at once, one makes the template.
    await admin.query("select pg_advisory_lock(hashtext($1))", [template]);
    const known = await admin.query(
      "select shobj_description(oid, 'pg_database') = 'complete' as is_complete from pg_database where datname = $1",
      [template],
    );
    if (known.rows[0]?.is_complete !== true) {
      await admin.query(`drop database if exists ${template} with (force)`);
      await admin.query(`create database ${template} template template0 encoding 'UTF8'`);
      await on(at(server, template), async (owner) => {
        for (const sql of schema) await owner.query(sql);
      });
      await admin.query(`comment on database ${template} is 'complete'`);
    }
    await admin.query(`create database ${name} template ${template}`);
  });
  return {
    connectionString: at(server, name),
    drop: () =>
      on(server, async (admin) => void (await admin.query(`drop database if exists ${name} with (force)`))),
  };
}

function at(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs `work` with a connection of its own, whose end gives back what it has locked. */
async function on<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
