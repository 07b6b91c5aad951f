import { DatabaseError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import { Pause } from "../timer.ts";
import { cancelRequest } from "./cancel-request.ts";
import type { Connection } from "./connection.ts";
import { type DriverClient, holdQueue, runsForeign, withdraw } from "./driver.ts";
import { Interrupt } from "./interrupt.ts";

/** Milliseconds between two requests to cancel: the server ignores one that overtakes its statement. */
export const ASK_AGAIN_AFTER = 50;

/**
 * The time for which a connection belongs to one piece of work. Whoever has it may submit to `client` what it likes,
 * one thing after the other, and must leave.
 */
export class Turn {
  readonly #connection: Connection;
  readonly #query: string | undefined;
  readonly #interrupt: Interrupt;
  readonly #ignoreInterrupt: (() => void) | undefined;
  #isOver = false;
  #isLet = false;
  /** Ends the wait between two requests to cancel. */
  #wake = (): void => {};
  #cancelling: Promise<void> | undefined;

  constructor(connection: Connection, query: string | undefined, interrupt: Interrupt) {
    this.#connection = connection;
    this.#query = query;
    this.#interrupt = interrupt;
    if (interrupt.canFire)
      this.#ignoreInterrupt = interrupt.onFire(() => {
        this.#cancelling = this.#cancel();
      });
  }

  get client(): DriverClient {
    return this.#connection.client;
  }

  /** Our error for one that `pg` gave; anything else as it is. */
  explain(error: unknown, query = this.#query): unknown {
    if (error instanceof DatabaseError) return error;
    const isEnded = isServerError(error) ? error.code === "57014" : this.#connection.lost !== undefined;
    return !this.#isLet && this.#interrupt.fired && isEnded
      ? this.#interrupt.error(query, error)
      : this.#connection.explain(error, query);
  }

  /** Has what is sent from here on run to its end, whatever its caller's interrupt says. */
  letRun(): void {
    this.#isLet = true;
    this.#ignoreInterrupt?.();
  }

  /**
   * Ends the turn once the server is ready for another statement and no request to cancel is under way, so that none
   * can hit what the next one runs. Where that takes longer than the connection's limit, the connection is closed.
   */
  leave(): Promise<void> | undefined {
    this.#ignoreInterrupt?.();
    if (this.#cancelling === undefined && (this.client.readyForQuery || runsForeign(this.client))) {
      this.#connection.pass();
      return undefined;
    }
    return this.#leaveWhenReady();
  }

  async #leaveWhenReady(): Promise<void> {
    this.#isOver = true;
    this.#wake();
    // Nothing can hit what will never run.
    if (this.#connection.lost === undefined) await this.#cancelling;
    await this.#connection.ready();
    this.#connection.pass();
  }

  async #cancel(): Promise<void> {
    const connection = this.#connection;
    const limit = new Interrupt({ timeout: connection.cancelTimeout });
    const ignoreLimit = limit.onFire(() => this.#wake());
    const ignoreLoss = connection.onLoss(() => this.#wake());
    let isCertain = true;
    while (!this.#isOver && connection.lost === undefined && !limit.fired) {
      // What others have asked of the client is theirs.
      if (!withdraw(this.client, () => this.#interrupt.error(this.#query)) && !runsForeign(this.client))
        isCertain = (await this.#request(limit)) && isCertain;
      if (!this.#isOver && connection.lost === undefined && !limit.fired) await this.#pause(ASK_AGAIN_AFTER);
    }
    ignoreLoss();
    ignoreLimit();
    limit.end();
    if (!this.#isOver) void connection.abandon("cancelling took too long");
    // Such a request may yet arrive.
    else if (!isCertain) void connection.abandon("a request to cancel was not acknowledged");
  }

  /** @returns whether it can hit nothing that comes later */
  async #request(limit: Interrupt): Promise<boolean> {
    if (!this.#connection.isExposed) return cancelRequest(this.client, limit);
    const letGo = holdQueue(this.client);
    try {
      return await cancelRequest(this.client, limit);
    } finally {
      letGo();
    }
  }

  async #pause(time: number): Promise<void> {
    const pause = new Pause(time);
    this.#wake = pause.wake;
    await pause.over;
  }
}
