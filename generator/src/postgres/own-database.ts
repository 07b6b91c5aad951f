import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { type Diagnostic, DiagnosticError } from "../model/diagnostic.ts";
import { quoteIdentifier, quoteLiteral } from "../sql/quoting.ts";
import { leftDatabases, type MadeRole, markOf, ownerOf } from "./left-databases.ts";
import { isShared } from "./pooler.ts";
import { freeSession, freeSessionsIn } from "./time-limits.ts";
import { withoutPassword } from "./uri.ts";

/** Milliseconds in which a connection must be there, and again in which a server that has gone must be back for its database to be dropped. */
const PATIENCE = 10_000;
const BETWEEN_TRIES = 250;

/** A database that is made on somebody's server, and taken away again whatever became of the sessions in it. */
export class OwnDatabase {
  readonly name: string;
  /** Its address. */
  readonly uri: string;
  /** SQL by which a session in it has the time limits that its role's statements have elsewhere. */
  readonly limits: string;
  readonly #server: string;
  /** Roles that were there before. */
  readonly #there: ReadonlySet<string>;
  #admin: Client;
  #kept: readonly MadeRole[] = [];
  #removal: Promise<void> | null = null;

  private constructor(
    name: string,
    server: string,
    { there, limits }: { readonly there: ReadonlySet<string>; readonly limits: string },
    admin: Client,
  ) {
    this.name = name;
    this.limits = limits;
    this.#server = server;
    this.#there = there;
    this.#admin = admin;
    this.uri = within(server, name);
  }

  /**
   * Makes one, and drops those of runs that were killed.
   * @param accept throws where the server's version will not do
   */
  static async make(server: string, accept: (version: number) => void): Promise<OwnDatabase> {
    const name = `solitude_gen_${process.pid}_${randomBytes(6).toString("hex")}`;
    const { client: admin, limits } = await connect(server, ownerOf(name));
    try {
      accept(Number((await admin.query("show server_version_num")).rows[0].server_version_num));
      await dropLeft(admin);
      const { rows } = await admin.query<{ name: string }>("select rolname::text as name from pg_roles");
      const there = new Set(rows.map((row) => row.name));
      const own = new OwnDatabase(name, server, { there, limits }, admin);
      await admin.query(`create database ${name} template template0`);
      await freeSessionsIn(admin, name);
      await own.#mark();
      return own;
    } catch (error) {
      await admin.end().catch(() => {});
      throw error;
    }
  }

  /** Tells whether a role belongs to the server, and not to what is done in this database. */
  wasThere(role: string): boolean {
    return this.#there.has(role);
  }

  /** Writes down which of these roles are there by now: where this run is killed, the next one drops them with the database. */
  async keep(roles: Iterable<string>): Promise<void> {
    const names = [...roles].filter((role) => !this.#there.has(role));
    const { rows } = await this.#admin.query<{ name: string; oid: string }>(
      "select rolname::text as name, oid::int8 as oid from pg_roles where rolname = any($1)",
      [names],
    );
    if (rows.length === this.#kept.length) return;
    this.#kept = rows.map(({ name, oid }) => [name, Number(oid)]);
    await this.#mark();
  }

  async #mark(): Promise<void> {
    await this.#admin.query(`comment on database ${this.name} is ${quoteLiteral(markOf(this.#kept))}`);
  }

  /**
   * Ends all sessions in it and drops it, with the roles that were made for it.
   * @throws DiagnosticError `database-left` where that is not possible, or not within ten seconds from a server that has gone
   */
  remove(roles: ReadonlySet<string> = new Set()): Promise<void> {
    this.#removal ??= this.#remove(roles);
    return this.#removal;
  }

  async #remove(roles: ReadonlySet<string>): Promise<void> {
    const until = Date.now() + PATIENCE;
    for (;;) {
      try {
        await this.#admin.query(`drop database if exists ${this.name} with (force)`);
        break;
      } catch (error) {
        await this.#admin.end().catch(() => {});
        if ((error as { code?: string }).code === IN_USE) await release(this.uri, this.name).catch(() => {});
        // A server that was started anew has it still.
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES));
        if (Date.now() > until) throw left(this.name, this.#server, error);
        const again = await connect(this.#server, ownerOf(this.name)).catch(() => null);
        this.#admin = again?.client ?? this.#admin;
      }
    }
    for (const role of roles) {
      // One that another run uses by now stays with it.
      if (!this.#there.has(role))
        await this.#admin.query(`drop role if exists ${quoteIdentifier(role)}`).catch(() => {});
    }
    await this.#admin.end().catch(() => {});
  }
}

function within(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

const IN_USE = "55006";

/** Ends what keeps a database beyond its sessions: transactions that are prepared, subscriptions, replication slots. */
async function release(uri: string, name: string): Promise<void> {
  const { client: session } = await connect(uri, ownerOf(name));
  const each = async (sql: string): Promise<void> => {
    const { rows } = await session.query<{ sql: string }>(sql);
    for (const row of rows) await session.query(row.sql);
  };
  try {
    await each(
      "select format('rollback prepared %L', gid) as sql from pg_prepared_xacts where database = current_database()",
    );
    for (const end of ["disable", "set (slot_name = none)"])
      await each(`select format('alter subscription %I ${end}', subname) as sql from pg_subscription
        where subdbid = (select oid from pg_database where datname = current_database())`);
    await each(`select format('drop subscription %I', subname) as sql from pg_subscription
        where subdbid = (select oid from pg_database where datname = current_database())`);
    await each(
      "select format('select pg_drop_replication_slot(%L)', slot_name) as sql from pg_replication_slots where database = current_database()",
    );
  } finally {
    await session.end().catch(() => {});
  }
}

/** Drops what killed runs have left, as far as this role may, with the roles that were made for it. */
async function dropLeft(admin: Client): Promise<void> {
  for (const { name, roles } of await leftDatabases(async (sql) => (await admin.query(sql)).rows)) {
    if (roles === null) continue;
    const isGone = await admin.query(`drop database ${name}`).then(
      () => true,
      // Another run was faster, or it is not this role's.
      () => false,
    );
    if (!isGone) continue;
    for (const [role, oid] of roles) {
      const { rowCount } = await admin.query("select from pg_roles where rolname = $1 and oid = $2", [
        role,
        oid,
      ]);
      if (rowCount === 1) await admin.query(`drop role ${quoteIdentifier(role)}`).catch(() => {});
    }
  }
}

/** Opens a session that does not end the process when the server ends it. */
async function connect(
  uri: string,
  as: string,
): Promise<{ readonly client: Client; readonly limits: string }> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: uri, connectionTimeoutMillis: PATIENCE });
  client.on("error", () => {});
  await client.connect();
  try {
    if (await isShared(client, uri)) throw ofPooler(uri);
    const limits = await freeSession(client);
    await client.query(`set application_name = ${quoteLiteral(as)}`);
    return { client, limits };
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

function ofPooler(uri: string): DiagnosticError {
  const diagnostic: Diagnostic = {
    code: "database-unreachable",
    severity: "error",
    message: `cannot work on the server: at ${withoutPassword(uri)} a pooler answers that gives each transaction another session`,
    hint: "Name the server itself, or a pooler that gives each client a session of its own (`pool_mode = session`).",
  };
  return new DiagnosticError([diagnostic]);
}

function left(name: string, server: string, error: unknown): DiagnosticError {
  const diagnostic: Diagnostic = {
    code: "database-left",
    severity: "error",
    message: `the database ${name} could not be dropped from ${withoutPassword(server)}: ${(error as Error).message}`,
    hint: `The next run on that server drops it; by hand: drop database ${name} with (force)`,
  };
  return new DiagnosticError([diagnostic]);
}
