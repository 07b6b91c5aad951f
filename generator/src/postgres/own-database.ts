import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { type Diagnostic, DiagnosticError } from "../model/diagnostic.ts";
import { quoteLiteral } from "../sql/quoting.ts";
import { watchNoMore, watchOver } from "./database-guard.ts";
import { isPostgresFailure, PostgresError, type Row } from "./engine.ts";
import {
  does,
  dropRoles,
  leftDatabases,
  MARKING_LIMIT,
  marking,
  othersRoles,
  ownerOf,
  rolesAt,
} from "./left-databases.ts";
import { isShared } from "./pooler.ts";
import { type MadeRoles, SharedCatalogs } from "./shared-catalogs.ts";
import { freeSession, freeSessionsIn } from "./time-limits.ts";
import { withoutPassword } from "./uri.ts";

/** Milliseconds in which a connection must be there, and again in which a server that has gone must be back for its database to be dropped. */
const PATIENCE = 10_000;
const BETWEEN_TRIES = 250;

/** A database that is made on somebody's server, and taken away again whatever became of the sessions in it, or of this process. */
export class OwnDatabase {
  readonly name: string;
  /** Its address. */
  readonly uri: string;
  /** SQL by which a session in it has the time limits that its role's statements have elsewhere. */
  readonly limits: string;
  readonly #server: string;
  /** Roles that were there before, and are no other run's. */
  #there: ReadonlySet<string> = new Set();
  #shared: SharedCatalogs | null = null;
  #admin: Client;
  #removal: Promise<void> | null = null;

  private constructor(name: string, server: string, limits: string, admin: Client) {
    this.name = name;
    this.limits = limits;
    this.#server = server;
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
    const own = new OwnDatabase(name, server, limits, admin);
    try {
      accept(Number((await admin.query("show server_version_num")).rows[0].server_version_num));
      await own.#make();
      return own;
    } catch (error) {
      watchNoMore(name);
      await admin.end().catch(() => {});
      throw error;
    }
  }

  async #make(): Promise<void> {
    const { name } = this;
    await dropLeft(this.#ask);
    const others = await othersRoles(this.#ask, name);
    const roles = await this.#ask(
      "select oid::int8::text as oid, rolname::text as name from pg_catalog.pg_roles",
    );
    this.#there = new Set(roles.flatMap((row) => (others.has(String(row.oid)) ? [] : [String(row.name)])));
    watchOver(name, this.#server, new Map());
    await this.#ask(
      `create database ${name} template template0 ${await likeTheNamed(this.#ask)} connection limit ${MARKING_LIMIT}`,
    );
    await this.#ask(marking(name, others));
    await freeSessionsIn(this.#admin, name);
    // What writes goes through this process, which looks at it before it is committed.
    await this.#ask(`alter database ${name} set default_transaction_read_only = on`);
    this.#shared = await SharedCatalogs.begin(name, this.#ask, others, async (made: MadeRoles) => {
      watchOver(name, this.#server, made);
      await this.#ask(marking(name, new Map([...(await rolesAt(this.#ask, name)), ...made])));
    });
  }

  /** Keeps what the databases of the server have in common, from what is done in this one. */
  get shared(): SharedCatalogs {
    if (this.#shared === null) throw new Error("the database was not made");
    return this.#shared;
  }

  /** Tells whether a role belongs to the server, and not to what is done in this database. */
  wasThere(role: string): boolean {
    return this.#there.has(role);
  }

  readonly #ask = async (sql: string): Promise<Row[]> => {
    try {
      return (await this.#admin.query(sql)).rows as Row[];
    } catch (error) {
      throw isPostgresFailure(error) ? new PostgresError(sql, error) : error;
    }
  };

  /**
   * Ends all sessions in it and drops it, with the roles that were made for it.
   * @throws DiagnosticError `database-left` where that is not possible, or not within ten seconds from a server that has gone
   */
  remove(): Promise<void> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  async #remove(): Promise<void> {
    const until = Date.now() + PATIENCE;
    const noted = await rolesAt(this.#ask, this.name).catch(() => new Map<string, string>());
    // Who made them may end meanwhile, and could not drop what is used here.
    const others = await othersRoles(this.#ask, this.name).catch(() => new Map<string, string>());
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
    watchNoMore(this.name);
    await dropRoles(this.#ask, new Map([...noted, ...others, ...(this.#shared?.made ?? [])])).catch(() => {});
    await this.#admin.end().catch(() => {});
  }
}

/** Writes the encoding and the locale of the database that is named: texts are stored and sorted as there, which need not be as in the server's others. */
async function likeTheNamed(ask: (sql: string) => Promise<Row[]>): Promise<string> {
  const [row] = await ask(
    // The columns differ from version to version.
    "select to_jsonb(d) as d, pg_encoding_to_char(encoding) as encoding from pg_database d where datname = current_database()",
  );
  const { d, encoding } = row as { d: Readonly<Record<string, string | null>>; encoding: string };
  const locale = d.datlocale ?? d.daticulocale ?? null;
  const options: [string, string | null | undefined][] = [
    ["encoding", encoding],
    ["lc_collate", d.datcollate],
    ["lc_ctype", d.datctype],
    ["locale_provider", PROVIDERS[d.datlocprovider ?? ""]],
    ["icu_locale", d.datlocprovider === "i" ? locale : null],
    ["icu_rules", d.daticurules],
    ["builtin_locale", d.datlocprovider === "b" ? locale : null],
  ];
  return options
    .flatMap(([name, value]) => (value == null ? [] : [`${name} ${quoteLiteral(value)}`]))
    .join(" ");
}

const PROVIDERS: Readonly<Record<string, string>> = { b: "builtin", c: "libc", i: "icu" };

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
    await session.query("set default_transaction_read_only = off");
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
async function dropLeft(ask: (sql: string) => Promise<Row[]>): Promise<void> {
  // Another run may be faster, or it is not this role's.
  for (const { name, roles } of await leftDatabases(ask))
    if (roles !== null && (await does(ask, `drop database ${name}`))) await dropRoles(ask, roles);
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
