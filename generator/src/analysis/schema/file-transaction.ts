import { type Engine, PostgresError, type Row } from "../../postgres/engine.ts";
import { hasOwnGrammar } from "../../postgres/raw-parse.ts";
import { quoteIdentifier, quoteLiteral } from "../../sql/quoting.ts";

/** What a statement ran under: the settings of its session and transaction, and its role. */
export interface Context {
  readonly settings: ReadonlyMap<string, string>;
  /** Null where it is the session's own. */
  readonly role: string | null;
}

export const SETTINGS = "set check_function_bodies = off; set client_min_messages = error";
/** A file must not leave its settings or its role to the next one. */
export const RESET = `reset session authorization; reset role; reset all; ${SETTINGS}`;

type Session = Pick<Engine, "run" | "version" | "stayWithin">;

const SAVEPOINT = "solitude_statement";
const BLOCK = "solitude_block";

/**
 * The one transaction that a file runs in, as migration tools run it. Each statement has a savepoint, so that one that fails
 * undoes itself only; the file's own BEGIN, COMMIT and ROLLBACK mean what they say without ending it.
 */
export class FileTransaction implements Pick<Engine, "run"> {
  readonly #engine: Session;
  /** Whether the savepoint of the last statement stands. */
  #isMarked = false;
  #isInBlock = false;
  readonly #savepoints = new Set<string>();

  private constructor(engine: Session) {
    this.#engine = engine;
  }

  /** @param context what the statements of another transaction ran under */
  static async begin(engine: Session, context?: Context): Promise<FileTransaction> {
    await engine.run("begin");
    const transaction = new FileTransaction(engine);
    if (context) await transaction.#replay(context, true);
    return transaction;
  }

  /** Runs a statement so that its failure leaves the transaction as it was. Errors' offsets are of the statement. */
  async run(sql: string, onNotice?: (message: string) => void): Promise<Row[]> {
    const mark = `${this.#isMarked ? `release savepoint ${SAVEPOINT}; ` : ""}savepoint ${SAVEPOINT};\n`;
    this.#isMarked = true;
    // Of a text that the engine cannot read nothing is done, the savepoint neither.
    const isApart = hasOwnGrammar(this.#engine);
    if (isApart) await this.#engine.run(mark);
    const head = isApart ? "" : mark;
    try {
      const rows = await this.#engine.run(head + sql, onNotice);
      await this.#engine.stayWithin?.();
      return rows;
    } catch (error) {
      if (!(error instanceof PostgresError)) throw error;
      await this.#engine.run(`rollback to savepoint ${SAVEPOINT}`);
      const position = Number(error.fields.position ?? Number.NaN);
      throw new PostgresError(sql, {
        ...error.fields,
        ...(Number.isNaN(position) ? {} : { position: position - head.length }),
      });
    }
  }

  /** A BEGIN, COMMIT, ROLLBACK or SAVEPOINT of the file's own. */
  async transactionStatement(kind: string, savepoint: string): Promise<void> {
    switch (kind) {
      case "TRANS_STMT_BEGIN":
      case "TRANS_STMT_START":
        if (this.#isInBlock) return;
        this.#isInBlock = true;
        return this.#unmarked(`savepoint ${BLOCK}`);
      case "TRANS_STMT_COMMIT":
        return this.#commitAndGoOn();
      case "TRANS_STMT_ROLLBACK":
        if (!this.#isInBlock) return;
        this.#isInBlock = false;
        return this.#unmarked(`rollback to savepoint ${BLOCK}`);
      case "TRANS_STMT_SAVEPOINT":
        this.#savepoints.add(savepoint);
        return this.#unmarked(`savepoint ${quoteIdentifier(savepoint)}`);
      case "TRANS_STMT_RELEASE":
        if (!this.#savepoints.delete(savepoint)) return;
        return this.#unmarked(`release savepoint ${quoteIdentifier(savepoint)}`);
      case "TRANS_STMT_ROLLBACK_TO":
        if (!this.#savepoints.has(savepoint)) return;
        return this.#unmarked(`rollback to savepoint ${quoteIdentifier(savepoint)}`);
    }
  }

  /** Gives what holds now, to run a statement again in another transaction. */
  async context(): Promise<Context> {
    const rows = await this.#engine.run(CONTEXT);
    const role = rows[0]?.role;
    return {
      settings: new Map(rows.map(({ name, setting }) => [String(name), String(setting)])),
      role: role === null || role === undefined ? null : String(role),
    };
  }

  /** Runs a statement after a commit; in no transaction at all where it allows none. What SET LOCAL has set holds on. */
  async runApart(sql: string, needsNone: boolean): Promise<void> {
    const before = await this.context();
    await this.#engine.run("commit");
    const after = await this.context();
    const local = new Map([...before.settings].filter(([name, value]) => after.settings.get(name) !== value));
    const own: Context = { settings: local, role: before.role === after.role ? null : before.role };
    this.#reopened();
    if (!needsNone) {
      await this.#engine.run("begin");
      await this.#replay(own, true);
      await this.run(sql);
      return;
    }
    try {
      await this.#replay(own, false);
      await this.#engine.run(sql);
    } finally {
      for (const name of local.keys())
        await this.#engine.run(`reset ${quoteIdentifier(name)}`).catch(() => {});
      await this.#replay(after, false);
      await this.#engine.run("begin");
      await this.#replay(own, true);
    }
  }

  async end(): Promise<void> {
    await this.#engine.run(`commit; ${RESET}`);
  }

  async #commitAndGoOn(): Promise<void> {
    await this.#engine.run("commit; begin");
    this.#reopened();
  }

  #reopened(): void {
    this.#isMarked = false;
    this.#isInBlock = false;
    this.#savepoints.clear();
  }

  async #unmarked(sql: string): Promise<void> {
    await this.#engine.run(`${this.#isMarked ? `release savepoint ${SAVEPOINT}; ` : ""}${sql}`);
    this.#isMarked = false;
  }

  async #replay({ settings, role }: Context, isLocal: boolean): Promise<void> {
    const calls = [...settings].map(
      ([name, value]) => `select set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, ${isLocal});`,
    );
    if (role !== null) calls.push(`set ${isLocal ? "local " : ""}role ${quoteIdentifier(role)};`);
    if (calls.length > 0) await this.#engine.run(calls.join("\n"));
  }
}

/** One row at least, for the role. */
const CONTEXT = `select name, setting, nullif(current_user, session_user)::text as role
from pg_catalog.pg_settings where source = 'session'`;

/** Gives what of a file runs as one script: up to where it commits, or rolls back, by itself. */
export function scriptOf(statements: readonly { readonly sql: string }[]): string {
  return `begin;\n${statements.map(({ sql }) => sql).join(";\n")};\ncommit;`;
}
