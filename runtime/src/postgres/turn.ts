import { ConnectionLostError, DatabaseError } from "../errors/errors.ts";
import { fromServer, isServerError } from "../errors/from-server.ts";
import { cancelRequest } from "./cancel-request.ts";
import type { Connection } from "./connection.ts";
import type { DriverClient } from "./driver.ts";
import type { Interrupt } from "./interrupt.ts";

/** Milliseconds between two requests to cancel: the server ignores one that overtakes its statement. */
const ASK_AGAIN_AFTER = 50;

/**
 * The time for which a connection belongs to one piece of work. Whoever has it may submit to `client` what it likes,
 * one thing after the other, and must leave.
 */
export class Turn {
  readonly #connection: Connection;
  readonly #query: string | undefined;
  readonly #interrupt: Interrupt | undefined;
  readonly #ignoreInterrupt: (() => void) | undefined;
  #isOver = false;
  /** Ends the wait between two requests to cancel. */
  #wake = (): void => {};
  #cancelling: Promise<void> | undefined;

  constructor(connection: Connection, query?: string, interrupt?: Interrupt) {
    this.#connection = connection;
    this.#query = query;
    this.#interrupt = interrupt;
    this.#ignoreInterrupt = interrupt?.onFire(() => {
      this.#cancelling = this.#cancel();
    });
  }

  get client(): DriverClient {
    return this.#connection.client;
  }

  /** Our error for one that `pg` gave; anything else as it is. */
  explain(error: unknown, query = this.#query): unknown {
    if (error instanceof DatabaseError) return error;
    const isServers = isServerError(error);
    if (this.#interrupt?.fired && (isServers ? error.code === "57014" : this.#connection.lost !== undefined))
      return this.#interrupt.error(query, error);
    if (isServers) return fromServer(error, query);
    if (this.#connection.lost === undefined) return error;
    return new ConnectionLostError("connection lost", { query, cause: error });
  }

  /**
   * Ends the turn once the server is ready for another statement and no request to cancel is under way, so that none
   * can hit what the next one runs. Where that takes longer than the connection's limit, the connection is closed.
   */
  leave(): Promise<void> | undefined {
    this.#ignoreInterrupt?.();
    if (this.#cancelling === undefined && this.client.readyForQuery) {
      this.#connection.pass();
      return undefined;
    }
    return this.#leaveWhenReady();
  }

  async #leaveWhenReady(): Promise<void> {
    this.#isOver = true;
    this.#wake();
    await this.#cancelling;
    await this.#connection.ready();
    this.#connection.pass();
  }

  async #cancel(): Promise<void> {
    const connection = this.#connection;
    const deadline = setTimeout(
      () => connection.destroy("cancelling took too long"),
      connection.cancelTimeout,
    );
    let isCertain = true;
    while (!this.#isOver && connection.lost === undefined) {
      isCertain = (await cancelRequest(this.client, connection.cancelTimeout)) && isCertain;
      if (!this.#isOver) await this.#pause(ASK_AGAIN_AFTER);
    }
    clearTimeout(deadline);
    // Such a request may yet arrive.
    if (!isCertain) connection.destroy("a request to cancel was not acknowledged");
  }

  async #pause(time: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, time);
    });
    clearTimeout(timer);
  }
}
