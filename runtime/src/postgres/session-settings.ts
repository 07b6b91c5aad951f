import type { EventEmitter } from "node:events";
import { SessionSettingError } from "../errors/errors.ts";
import type { QueryConfig, QueryResult, RawRow } from "../statement.ts";
import type { DriverClient } from "./driver.ts";
import { mayChangeEarly, mayChangeSilently } from "./setting-changes.ts";
import { IS_RIGHT, type Setting, UNREPORTED, wrongSetting } from "./startup-settings.ts";

const NOT_ASCII = /[^\0-\x7f]/;

/** Whether the values of a session are written as they are read: by what its server reports, and by what its statements may do. */
export class SessionSettings {
  readonly #wrong = new Map<string, string>();
  #isDoubted = false;

  /** @param connection `pg`'s, best before it has connected */
  constructor(connection: EventEmitter) {
    connection.on("parameterStatus", (reported: { parameterName: string; parameterValue: string }) => {
      const { parameterName: name, parameterValue: value } = reported;
      if (IS_RIGHT[name]?.(value) === false) this.#wrong.set(name, value);
      else this.#wrong.delete(name);
    });
  }

  /**
   * Heeds what a statement may set that no server reports. To what it sets it, and for how long, is not told by its text: that may
   * be undone with a transaction or a savepoint, or fail. So the server is asked before values are read.
   */
  heed(statement: Pick<QueryConfig, "text" | "values">): void {
    if (mayChangeSilently(statement)) this.#isDoubted = true;
  }

  /** Something has been done on the connection that is not seen here. */
  doubt(): void {
    this.#isDoubted = true;
  }

  /** Tells whether the server must be asked. */
  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  /**
   * Asks it, where it must be. For who has the turn, before values are read.
   * @throws SessionSettingError where they would be read as something else
   */
  async verify(client: DriverClient, query: string | undefined): Promise<void> {
    // In a transaction that has failed nothing can be asked, nor read.
    if (!this.#isDoubted || client.getTransactionStatus() === "E") return;
    const wrong = await wrongSetting(client, Object.keys(UNREPORTED));
    if (wrong !== undefined) throw changing(wrong, query);
    // Else it may change once more with the transaction's end, or a savepoint's.
    if (client.getTransactionStatus() === "I") this.#isDoubted = false;
  }

  /** Tells whether values are known to be written as they are read. */
  get areRight(): boolean {
    return this.#wrong.size === 0 && !this.#isDoubted;
  }

  /** Of an answer: its statement, or a function in it, may have changed them before its values were written. */
  throwIfWrongFor({ rows, readCount = 0 }: Pick<QueryResult, "rows" | "readCount">, config: Statement): void {
    if (rows.length === 0) return;
    this.throwIfWrong(config);
    const { query } = config;
    if (query.isAdHoc === true) {
      // Of what was read as it came, the texts are no longer there.
      const mayBeWrong = (row: RawRow, i: number): boolean => i < readCount || row.some(isNotAscii);
      if (this.#wrong.has("client_encoding") && rows.some(mayBeWrong))
        this.#throw("client_encoding", query.name);
    } else if (mayChangeEarly(config)) {
      throw new SessionSettingError("it sets what its own values depend on", { query: query.name });
    }
  }

  /**
   * The same of an answer in a batch: what it was sent with may have.
   * @param mayBeChanged whether any statement of the batch may, which is asked where it matters
   */
  throwIfWrongAmid(result: Pick<QueryResult, "rows">, config: Statement, mayBeChanged: () => boolean): void {
    this.throwIfWrongFor(result, config);
    if (config.query.isAdHoc === true || result.rows.length === 0) return;
    if (mayBeChanged())
      throw new SessionSettingError("a statement of the same batch may set what its values depend on", {
        query: config.query.name,
      });
  }

  /** Of what COPY writes, which is handed on as it is. @throws SessionSettingError where it is in another encoding */
  throwIfWrongBytes(bytes: Uint8Array, query: string): void {
    if (this.#wrong.has("client_encoding") && bytes.some((byte) => byte > 0x7f))
      this.#throw("client_encoding", query);
  }

  /**
   * For statements whose values are decoded: ad hoc ones are not, and may set it right. But no text is sent or read in another
   * encoding than ours.
   * @throws SessionSettingError where they would be read as something else
   */
  throwIfWrong({ query, text = "", values = [] }: Named & Partial<Omit<Statement, "query">>): void {
    if (this.#wrong.size === 0) return;
    if (query.isAdHoc !== true) this.#throw([...this.#wrong.keys()][0]!, query.name);
    else if (this.#wrong.has("client_encoding") && (NOT_ASCII.test(text) || values.some(isNotAscii)))
      this.#throw("client_encoding", query.name);
  }

  #throw(name: string, query: string): never {
    throw changing({ name, value: this.#wrong.get(name)! }, query);
  }
}

interface Named {
  readonly query: Pick<QueryConfig["query"], "name" | "isAdHoc">;
}

type Statement = Pick<QueryConfig, "query" | "text" | "values">;

function changing({ name, value }: Setting, query: string | undefined): SessionSettingError {
  return new SessionSettingError(`${name} was set to ${value} on this connection, which changes values`, {
    query,
  });
}

/** Tells whether it may be sent with other characters; so may whatever is no text yet. */
function isNotAscii(value: unknown): boolean {
  return typeof value === "string" ? NOT_ASCII.test(value) : typeof value === "object" && value !== null;
}
