import { ConnectionLostError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import type { QueryConfig, QueryResult } from "../statement.ts";
import { nothing, type Operation, type Outcome, type Telemetry } from "../telemetry/telemetry.ts";
import { command } from "./command.ts";
import type { DriverClient } from "./driver.ts";
import { execute } from "./execute.ts";
import type { Interrupt } from "./interrupt.ts";
import { confirmOpenings, type Opening, sendOpenings } from "./opening.ts";
import { PreparedStatements } from "./prepared-statements.ts";
import { roundTrip } from "./round-trip.ts";
import type { Scope } from "./scope.ts";
import { Turn } from "./turn.ts";

export interface ConnectionSettings {
  readonly telemetry: Telemetry;
  /** Milliseconds that cancelling may take before the connection is closed instead. */
  readonly cancelTimeout: number;
  /** Whether statements are prepared under a name and kept. */
  readonly prepare: boolean;
}

/**
 * One connection to the server, for as long as it lasts. Its users take turns: what is asked for while another has the
 * turn waits, so that nothing is ever queued inside `pg`.
 */
export class Connection {
  readonly client: DriverClient;
  readonly telemetry: Telemetry;
  readonly cancelTimeout: number;
  /** None where statements are not prepared. */
  readonly prepared: PreparedStatements | undefined;
  #lost: Error | undefined;
  #isHeld = false;
  #begin: readonly Opening[] | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(client: DriverClient, { telemetry, cancelTimeout, prepare }: ConnectionSettings) {
    this.client = client;
    this.telemetry = telemetry;
    this.cancelTimeout = cancelTimeout;
    this.prepared = prepare ? new PreparedStatements() : undefined;
    // Without a listener, an error outside a statement ends the process.
    client.on("error", (error) => {
      this.#lost ??= error;
    });
    client.on("end", () => {
      this.#lost ??= new Error("the connection was closed");
    });
  }

  /** Why it can no longer be used. */
  get lost(): Error | undefined {
    return this.#lost;
  }

  /** Whether a transaction is open on it, or failed and not yet rolled back. */
  get isInTransaction(): boolean {
    return this.client.getTransactionStatus() !== "I";
  }

  /** Whether someone has the turn, or waits for it. */
  get isBusy(): boolean {
    return this.#isHeld;
  }

  /**
   * Begins a transaction: `opening` goes out with the first statement, which saves a round trip, or in front of what is no
   * statement. Until it has succeeded it precedes whatever is sent, so that nothing ever runs outside the transaction.
   * Not for a connection that is busy or that others can reach: what they ask for is none of the transaction's.
   */
  begin(opening: readonly Opening[]): void {
    this.#begin = opening;
  }

  /** What must yet begin the transaction, in front of what is sent next. For who has the turn. */
  get beginning(): readonly Opening[] | undefined {
    if (this.#begin !== undefined && this.isInTransaction) this.#begin = undefined;
    return this.#begin;
  }

  /**
   * Ends the transaction with COMMIT or ROLLBACK, which is not sent where nothing had begun.
   * @returns the command tag that the server answered with
   */
  end(ending: "commit" | "rollback", interrupt?: Interrupt, onSend: () => void = () => {}): Promise<string> {
    return this.#give(ending, interrupt, async (client) => {
      const isUnbegun = this.beginning !== undefined;
      this.#begin = undefined;
      if (isUnbegun) return ending.toUpperCase();
      onSend();
      return command(client, ending);
    });
  }

  /** Runs one statement. @param scope of a statement outside a transaction */
  run(config: QueryConfig, interrupt?: Interrupt, scope?: Scope): Promise<QueryResult> {
    const operation = this.telemetry.query(config.query, config.text, config.values);
    return this.#give(config.query.name, interrupt, () => execute(this, config, scope), operation, rowsOf);
  }

  /** Resolves once the server has answered. */
  async ping(interrupt?: Interrupt): Promise<void> {
    await this.hold("ping", interrupt, (client) => command(client, ""));
  }

  /**
   * Gives `work` the connection to itself. When `interrupt` fires, what runs on the server is cancelled, and `work` gets
   * PostgreSQL's error for that. Errors of `pg` become ours, under the name of `query`.
   */
  hold<T>(
    query: string | undefined,
    interrupt: Interrupt | undefined,
    work: (client: DriverClient) => Promise<T>,
  ): Promise<T> {
    return this.#give(query, interrupt, async (client) => {
      await this.#sendBegin();
      // A COPY that waits for data could no longer be cancelled.
      interrupt?.throwIfFired(query);
      return work(client);
    });
  }

  /** @param operation ends with it, as `outcome` says of the result */
  async #give<T>(
    query: string | undefined,
    interrupt: Interrupt | undefined,
    work: (client: DriverClient) => Promise<T>,
    operation: Operation = nothing,
    outcome?: (result: T) => Outcome,
  ): Promise<T> {
    let turn: Turn | undefined;
    try {
      turn = this.#isHeld ? await this.#wait(query, interrupt) : this.#start(query, interrupt);
      const result = await work(this.client);
      operation.end(outcome?.(result));
      return result;
    } catch (error) {
      const explained = turn === undefined ? error : turn.explain(error);
      operation.end({ error: explained });
      throw explained;
    } finally {
      const left = turn?.leave();
      if (left !== undefined) await left;
    }
  }

  /** The same for work that is not one function, such as a stream; whoever enters must leave. */
  async enter(query?: string, interrupt?: Interrupt): Promise<Turn> {
    const turn = this.#isHeld ? await this.#wait(query, interrupt) : this.#start(query, interrupt);
    try {
      await this.#sendBegin();
      interrupt?.throwIfFired(query);
      return turn;
    } catch (error) {
      const explained = turn.explain(error);
      await turn.leave();
      throw explained;
    }
  }

  /** Closes it at once, whatever it is doing. */
  destroy(reason: string): void {
    this.#lost ??= new Error(reason);
    this.client.connection.stream.destroy();
  }

  /** Resolves once the server takes another statement, or the connection is lost. For turns. */
  async ready(): Promise<void> {
    if (this.client.readyForQuery || this.#lost !== undefined) return;
    const { client } = this;
    const timer = setTimeout(() => this.destroy("the server did not become ready"), this.cancelTimeout);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        for (const event of ["drain", "error", "end"] as const) client.off(event, done);
        resolve();
      };
      for (const event of ["drain", "error", "end"] as const) client.on(event, done);
    });
  }

  /** Gives the turn to the next. For turns. */
  pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isHeld = false;
    else next();
  }

  async #sendBegin(): Promise<void> {
    const { beginning } = this;
    if (beginning !== undefined) await this.open(beginning);
  }

  /** Sends openings by themselves. For who has the turn. */
  async open(openings: readonly Opening[]): Promise<void> {
    await roundTrip(this.client, (connection) => sendOpenings(connection, openings, this.prepared));
    confirmOpenings(openings, this.prepared);
  }

  #start(query: string | undefined, interrupt: Interrupt | undefined): Turn {
    interrupt?.throwIfFired(query);
    this.#throwIfLost(query);
    this.#isHeld = true;
    return new Turn(this, query, interrupt);
  }

  async #wait(query: string | undefined, interrupt: Interrupt | undefined): Promise<Turn> {
    interrupt?.throwIfFired(query);
    await new Promise<void>((resolve, reject) => {
      const ignoreInterrupt = interrupt?.onFire(() => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(interrupt.error(query));
      });
      const start = (): void => {
        ignoreInterrupt?.();
        resolve();
      };
      this.#waiting.push(start);
    });
    try {
      return this.#start(query, interrupt);
    } catch (error) {
      this.pass();
      throw error;
    }
  }

  #throwIfLost(query: string | undefined): void {
    const lost = this.#lost;
    if (lost === undefined) return;
    // The server may have said why, as for `idle_in_transaction_session_timeout`.
    const sqlState = isServerError(lost) ? lost.code : undefined;
    throw new ConnectionLostError("connection lost", { query, sqlState, cause: lost });
  }
}

function rowsOf(result: QueryResult): Outcome {
  return { rows: result.rows.length };
}
