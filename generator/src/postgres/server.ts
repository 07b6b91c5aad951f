import type { Client } from "pg";
import { type Diagnostic, DiagnosticError } from "../model/diagnostic.ts";
import type { SchemaFile } from "../model/source.ts";
import { type TransactionPart, transactionParts } from "../sql/transaction-parts.ts";
import { type Description, type Engine, isPostgresFailure, PostgresError, type Row } from "./engine.ts";
import { OwnDatabase } from "./own-database.ts";
import { type Ask, ReachesServer } from "./shared-catalogs.ts";
import { Layouts } from "./tree/layouts.ts";
import { withoutPassword } from "./uri.ts";

/**
 * A server under `database.uri`. Everything happens in a database of its own, dropped at the end with the roles that were
 * made for it. Nothing of the server's is changed, whatever is run here: sessions only read unless this engine lets them write, and it commits
 * nothing that reaches beyond the database.
 */
export class ServerEngine implements Engine {
  readonly version: number;
  readonly isEmbedded = false;
  readonly #client: Client;
  readonly #own: OwnDatabase | null;
  #turn: Promise<unknown> = Promise.resolve();
  /** What to say where the server has gone. */
  readonly #gone: (error: unknown) => DiagnosticError;

  private constructor(
    client: Client,
    version: number,
    gone: (error: unknown) => DiagnosticError,
    own: OwnDatabase | null,
  ) {
    this.#client = client;
    this.version = version;
    this.#gone = gone;
    this.#own = own;
  }

  /** @param hint what to do where that server will not do */
  static async start(uri: string, hint = WITHOUT_SERVER): Promise<ServerEngine> {
    const { default: pg } = await import("pg");
    const unusable = (error: unknown): DiagnosticError =>
      error instanceof DiagnosticError ? error : unreachable(reasonOf(error, uri), hint);
    let version = 0;
    const own = await OwnDatabase.make(uri, (found) => {
      version = found;
      // Before 16, trees do not say which outer joins can make a variable NULL; what comes next may say it otherwise.
      const major = Math.floor(version / 10_000);
      if (Layouts.of(major) === null)
        throw unreachable(
          `the server is PostgreSQL ${major}; the trees of ${Layouts.shown()} are known`,
          hint,
        );
    }).catch((error: unknown) => {
      throw unusable(error);
    });
    const client = new pg.Client({ connectionString: own.uri, connectionTimeoutMillis: PATIENCE_MS });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.query("set check_function_bodies = off; set client_min_messages = error");
    } catch (error) {
      await client.end().catch(() => {});
      await own.remove();
      throw unusable(error);
    }
    return new ServerEngine(client, version, unusable, own);
  }

  /**
   * The database itself, to be read: nothing can be changed through this engine.
   * @throws DiagnosticError `database-unreachable`, which never tells the password
   */
  static async readOnly(uri: string): Promise<ServerEngine> {
    const { default: pg } = await import("pg");
    let client: Client | undefined;
    try {
      client = new pg.Client({
        connectionString: uri,
        application_name: "solitude-gen",
        connectionTimeoutMillis: PATIENCE_MS,
      });
      // A server that goes away is told by the call that finds it gone.
      client.on("error", () => {});
      await client.connect();
      // Not among the connection's options: those of the address would take their place.
      await client.query("set session characteristics as transaction read only");
      const { rows } = await client.query("show server_version_num");
      const gone = (error: unknown): DiagnosticError => unreadable(uri, error);
      return new ServerEngine(client, Number(rows[0].server_version_num), gone, null);
    } catch (error) {
      await client?.end().catch(() => {});
      throw unreadable(uri, error);
    }
  }

  withSchema(
    files: readonly SchemaFile[],
    apply: (engine: Engine, files: readonly SchemaFile[]) => Promise<readonly Diagnostic[]>,
  ): Promise<readonly Diagnostic[]> {
    return apply(this, files);
  }

  run(sql: string, onNotice?: (message: string) => void): Promise<Row[]> {
    return this.#inTurn(() => this.#run(sql, onNotice));
  }

  attempt(sql: string): Promise<Row[]> {
    return this.#inTurn(async () => {
      await this.#send(BEGIN);
      try {
        return await this.#send(sql);
      } finally {
        await this.#send("rollback");
      }
    });
  }

  stayWithin(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#client.getTransactionStatus() === "T")
        await this.#own?.shared.check((sql) => this.#send(sql));
    });
  }

  describe(sql: string): Promise<Description> {
    return this.#inTurn(() => this.#describe(sql));
  }

  /** Does what takes several statements, which no other call may cut in two. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work).catch((error: unknown) => {
      throw isLostConnection(error) ? this.#gone(error) : error;
    });
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Runs a text as it was written, but that what it commits was looked at before. */
  async #run(sql: string, onNotice?: (message: string) => void): Promise<Row[]> {
    if (this.#own === null) return this.#send(sql, onNotice);
    let rows: Row[] = [];
    for (const part of transactionParts(sql)) {
      try {
        rows = await this.#runPart(part, onNotice);
      } catch (error) {
        throw error instanceof PostgresError && part.start > 0 ? moved(error, sql, part.start) : error;
      }
    }
    return rows;
  }

  async #runPart({ kind, sql }: TransactionPart, onNotice?: (message: string) => void): Promise<Row[]> {
    switch (kind) {
      case "begin":
        return this.#send(/\bread\s+(?:only|write)\b/i.test(sql) ? sql : `${sql} read write`, onNotice);
      case "commit":
        if (this.#client.getTransactionStatus() === "T")
          await this.#own!.shared.checkAtEnd((text) => this.#send(text));
        return this.#send(sql, onNotice);
      case "other":
        return this.#client.getTransactionStatus() === "I"
          ? this.#runAlone(sql, onNotice)
          : this.#send(sql, onNotice);
    }
  }

  /** Runs what stands in no transaction: where it writes, in one, which is looked at before it is committed. */
  async #runAlone(sql: string, onNotice?: (message: string) => void): Promise<Row[]> {
    try {
      return await this.#send(sql, onNotice);
    } catch (error) {
      if (!(error instanceof PostgresError) || error.sqlState !== ONLY_READS) throw error;
    }
    await this.#send(BEGIN);
    try {
      const rows = await this.#send(sql, onNotice);
      await this.#own!.shared.checkAtEnd((text) => this.#send(text));
      await this.#send("commit");
      return rows;
    } catch (error) {
      await this.#send("rollback");
      if (!(error instanceof PostgresError)) throw error;
      if (error.sqlState === COMMITS_ITSELF)
        throw new ReachesServer("this commits by itself, on a server whose other databases it might reach");
      if (error.sqlState !== NEEDS_NO_BLOCK || !IN_PARTS.test(sql)) throw error;
    }
    await this.#send("set default_transaction_read_only = off");
    try {
      return await this.#send(sql, onNotice);
    } finally {
      await this.#send("set default_transaction_read_only = on");
    }
  }

  async #send(sql: string, onNotice?: (message: string) => void): Promise<Row[]> {
    const listener = (notice: { message?: string | undefined }): void => onNotice?.(notice.message ?? "");
    if (onNotice) this.#client.on("notice", listener);
    try {
      const result = (await this.#client.query(sql)) as unknown as
        | { rows: Row[]; fields: unknown[] }
        | { rows: Row[]; fields: unknown[] }[];
      const results = Array.isArray(result) ? result : [result];
      return results.findLast((r) => r.fields?.length > 0)?.rows ?? [];
    } catch (error) {
      throw isPostgresFailure(error) && !isLostConnection(error) ? new PostgresError(sql, error) : error;
    } finally {
      this.#client.off("notice", listener);
    }
  }

  /** PREPARE as a statement would refuse EXPLAIN, SHOW and the like, which the protocol does not. */
  #describe(sql: string): Promise<Description> {
    return new Promise((resolve, reject) => {
      let params: readonly number[] = [];
      let columns: Description["columns"] = [];
      const onParams = (message: { dataTypeIDs: number[] }): void => {
        params = message.dataTypeIDs;
      };
      let connection: PgConnection | null = null;
      const ended = (): void => void connection?.off("parameterDescription", onParams);
      // `pg` has no Describe of its own, and runs anything that submits itself.
      const description = {
        submit(own: PgConnection) {
          connection = own.on("parameterDescription", onParams);
          own.parse({ name: "", text: sql, types: [] });
          own.describe({ type: "S", name: "" });
          own.sync();
        },
        handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }) {
          columns = fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }));
        },
        handleReadyForQuery() {
          ended();
          resolve({ params, columns });
        },
        handleError(error: unknown) {
          ended();
          reject(isPostgresFailure(error) ? new PostgresError(sql, error) : error);
        },
        handleCommandComplete() {},
        handleEmptyQuery() {},
        handleDataRow() {},
        handlePortalSuspended() {},
      };
      this.#client.query(description as never);
    });
  }

  /** The address of the database that is this engine's own. */
  get ownUri(): string | null {
    return this.#own?.uri ?? null;
  }

  /** SQL by which a session in that database has the time limits that its role's statements have elsewhere; none where there is no such database. */
  get ownLimits(): string {
    return this.#own?.limits ?? "";
  }

  wasThere(role: string): boolean {
    return this.#own?.wasThere(role) ?? false;
  }

  /**
   * Looks at what the open transaction of another session in this database has done, in front of its COMMIT.
   * @throws ReachesServer where it has changed more than the database
   */
  async checkOther(session: Ask): Promise<void> {
    await this.#own?.shared.checkAtEnd(session);
  }

  /** Ends what runs on it, from whatever session, and leaves nothing behind. */
  async close(): Promise<void> {
    await this.#client.end().catch(() => {});
    await this.#own?.remove();
  }
}

const BEGIN = "begin read write";

/** read_only_sql_transaction; invalid_transaction_termination; active_sql_transaction. */
const ONLY_READS = "25006";
const COMMITS_ITSELF = "2D000";
const NEEDS_NO_BLOCK = "25001";

/** What PostgreSQL does in several transactions of its own, all of them within the database. */
const IN_PARTS =
  /^(?:create\s+(?:unique\s+)?index\s+concurrently|drop\s+index\s+concurrently|reindex|vacuum|cluster|alter\s+table\s[\s\S]*\sdetach\s+partition)\b/i;

/** Places what PostgreSQL said of a part of a text in the whole of it. */
function moved(error: PostgresError, sql: string, start: number): PostgresError {
  const position = Number(error.fields.position ?? Number.NaN);
  if (Number.isNaN(position) || error instanceof ReachesServer) return error;
  return new PostgresError(sql, { ...error.fields, position: position + [...sql.slice(0, start)].length });
}

/** How long a server may take to answer at all. */
const PATIENCE_MS = 10_000;

/** Gives what says that a database cannot be read. */
function unreadable(uri: string, error: unknown): DiagnosticError {
  return new DiagnosticError([
    {
      code: "database-unreachable",
      severity: "error",
      message: `cannot read the database ${withoutPassword(uri)}: ${reasonOf(error, uri)}`,
      hint: URL.canParse(uri)
        ? "Is the address right, and may this machine and role connect?"
        : "Characters such as / and # in a password are written as %2F and %23.",
    },
  ]);
}

/** What the driver says where a server asks for a password and it has none. */
const NO_PASSWORD = /client password must be a string/;
const WANTS_PASSWORD =
  "the server asks for a password, and neither the address, PGPASSWORD nor ~/.pgpass has one";

/** Tells whether the session has ended: the driver has no class for that, and the server's last word is like any other. */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof PostgresError) return false;
  const { code, severity } = error as NodeJS.ErrnoException & { severity?: string };
  return (
    severity === "FATAL" ||
    /^(?:Connection terminated|Client (?:has encountered a connection error|was closed))/.test(
      error.message,
    ) ||
    /^E[A-Z]+$/.test(code ?? "")
  );
}

/** Several addresses of one name fail with several errors, and a message of none. */
function reasonOf(error: unknown, uri: string): string {
  const { message, errors } = error as Error & { errors?: readonly Error[] };
  const reasons = message === "" && errors !== undefined ? errors.map((one) => one.message) : [message];
  const password = /^[^:]*:\/\/[^:/@]*:(.*)@/s.exec(uri)?.[1];
  const text = [...new Set(reasons)]
    .map((reason) => (NO_PASSWORD.test(reason) ? WANTS_PASSWORD : reason))
    .join("; ");
  return password === undefined || password === "" ? text : text.replaceAll(password, "***");
}

/** What is used of the connection inside `pg`'s client. */
interface PgConnection {
  on(event: "parameterDescription", listener: (message: { dataTypeIDs: number[] }) => void): PgConnection;
  off(event: "parameterDescription", listener: (message: { dataTypeIDs: number[] }) => void): PgConnection;
  parse(query: { name: string; text: string; types: number[] }): void;
  describe(message: { type: string; name: string }): void;
  sync(): void;
}

const WITHOUT_SERVER =
  "Leave `database` out to use the embedded PostgreSQL, or give a role that may create databases.";

function unreachable(message: string, hint: string): DiagnosticError {
  return new DiagnosticError([
    {
      code: "database-unreachable",
      severity: "error",
      message: `cannot work on the server: ${message}`,
      hint,
    },
  ]);
}
