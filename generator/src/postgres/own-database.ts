import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { type Diagnostic, DiagnosticError } from "../model/diagnostic.ts";
import { quoteIdentifier } from "../sql/quoting.ts";
import { withoutPassword } from "./uri.ts";

/** Milliseconds in which a connection must be there, and again in which a server that has gone must be back for its database to be dropped. */
const PATIENCE = 10_000;
const BETWEEN_TRIES = 250;

/** A database that is made on somebody's server, and taken away again whatever became of the sessions in it. */
export class OwnDatabase {
  readonly name: string;
  /** Its address. */
  readonly uri: string;
  readonly #server: string;
  /** Roles that were there before. */
  readonly #there: ReadonlySet<string>;
  #admin: Client;
  #removal: Promise<void> | null = null;

  private constructor(name: string, server: string, there: ReadonlySet<string>, admin: Client) {
    this.name = name;
    this.#server = server;
    this.#there = there;
    this.#admin = admin;
    const url = new URL(server);
    url.pathname = `/${name}`;
    this.uri = url.href;
  }

  /** @param accept throws where the server's version will not do */
  static async make(server: string, accept: (version: number) => void): Promise<OwnDatabase> {
    const admin = await connect(server);
    try {
      accept(Number((await admin.query("show server_version_num")).rows[0].server_version_num));
      const { rows } = await admin.query<{ name: string }>("select rolname::text as name from pg_roles");
      const there = new Set(rows.map((row) => row.name));
      const name = `solitude_gen_${process.pid}_${randomBytes(6).toString("hex")}`;
      const own = new OwnDatabase(name, server, there, admin);
      await admin.query(`create database ${name} template template0`);
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
        // A server that was started anew has it still.
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES));
        if (Date.now() > until) throw left(this.name, this.#server, error);
        this.#admin = await connect(this.#server).catch(() => this.#admin);
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

/** Opens a session that does not end the process when the server ends it. */
async function connect(uri: string): Promise<Client> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: uri, connectionTimeoutMillis: PATIENCE });
  client.on("error", () => {});
  await client.connect();
  return client;
}

function left(name: string, server: string, error: unknown): DiagnosticError {
  const diagnostic: Diagnostic = {
    code: "database-left",
    severity: "error",
    message: `the database ${name} could not be dropped from ${withoutPassword(server)}: ${(error as Error).message}`,
    hint: `When the server is back: drop database ${name} with (force)`,
  };
  return new DiagnosticError([diagnostic]);
}
