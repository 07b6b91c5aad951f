import { ConnectionLostError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";

/** Knows since when a connection is lost, and why, and tells those who wait for something on it. */
export class Loss {
  #reason: Error | undefined;
  readonly #reactions = new Set<(reason: Error) => void>();

  get reason(): Error | undefined {
    return this.#reason;
  }

  /** The first reason counts: what follows is its consequence. */
  set(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    for (const react of [...this.#reactions]) react(reason);
  }

  /** @returns what takes `reaction` back */
  on(reaction: (reason: Error) => void): () => void {
    this.#reactions.add(reaction);
    return () => this.#reactions.delete(reaction);
  }
}

/** Carries why a connection was closed by us, which is told: that it was lost would not be the reason. */
export class GivenUp extends Error {}

/** Makes the error of who needed the connection. The server may have said why, as for `idle_in_transaction_session_timeout`. */
export function connectionLost(query: string | undefined, cause: Error): ConnectionLostError {
  const sqlState = isServerError(cause) ? cause.code : undefined;
  const why = cause instanceof GivenUp ? `: ${cause.message}` : "";
  return new ConnectionLostError(`connection lost${why}`, { query, sqlState, cause });
}
