import { TransactionClosedError, TransactionRolledBackError } from "../errors/errors.ts";
import type { QueryConfig, QueryResult } from "../statement.ts";
import type { DriverClient } from "./driver.ts";
import type { Opening } from "./opening.ts";

/**
 * Follows the transaction that is to be open on a connection: what has yet to begin it, whether anything has run in it, and whether a
 * statement has ended it.
 */
export class TransactionState {
  readonly #client: DriverClient;
  #beginning: readonly Opening[] | undefined;
  /** What has begun the transaction in which nothing has run yet. */
  #begun: readonly Opening[] | undefined;
  /** The same, of the transaction whose first statement may be under way. */
  #firstAfter: readonly Opening[] | undefined;
  #isWanted = false;
  /** Whether it began with a scope's settings. */
  #isScoped = false;
  /** Whether a statement has ended that one and begun another, which has none of its settings. */
  #isChained = false;

  constructor(client: DriverClient) {
    this.#client = client;
  }

  /** Tells whether the server has one open, or one that failed and is not yet rolled back. */
  get isOpen(): boolean {
    return this.#client.getTransactionStatus() !== "I";
  }

  /** Tells whether one of ours is to be open, from `begin` or `hasBegun` to `end`, be it begun yet or not. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Tells whether one is to be open that has begun with a scope's settings. */
  get isInScope(): boolean {
    return this.#isWanted && this.#isScoped;
  }

  /** Has `openings` go out in front of what is sent next. */
  begin(openings: readonly Opening[]): void {
    this.#beginning = openings;
    this.#client.hasBegun = false;
    this.#want(openings);
  }

  /** Gives what has yet to begin it. */
  get beginning(): readonly Opening[] | undefined {
    // The first statement may have ended what was begun in front of it.
    if (this.#beginning !== undefined && (this.isOpen || this.#client.hasBegun === true))
      this.#beginning = undefined;
    return this.#beginning;
  }

  /** Says that `openings` were sent by themselves, and have begun it. */
  hasBegun(openings: readonly Opening[]): void {
    this.#begun = openings;
    this.#want(openings);
  }

  /** Tells whether a statement has ended it: what follows would be outside of the transaction, and of its scope. */
  get isEndedByStatement(): boolean {
    return this.#isWanted && this.beginning === undefined && (!this.isOpen || this.#isChained);
  }

  /** Tells whether a statement has made last what was done in it, be another begun since or not. */
  get isCommitted(): boolean {
    return this.#client.hasCommitted === true;
  }

  /** Enters it: what is sent from here on may be the first in it, and no other is. */
  enter(): void {
    this.#firstAfter = this.beginning ?? this.#begun;
    this.#begun = undefined;
  }

  /** Gives what began the transaction whose first statement has failed, so that nothing is lost where it begins anew. */
  get firstAfter(): readonly Opening[] | undefined {
    return this.#firstAfter;
  }

  /** Forgets what has yet to begin it, for it is begun otherwise. */
  forgetBeginning(): void {
    this.#beginning = undefined;
  }

  /** Forgets that nothing has run in it, for what failed as the first is sent once more. */
  forgetBegun(): void {
    this.#begun = undefined;
  }

  /** Heeds what a statement has done to it: after `commit and chain` another is open, which is in no scope. */
  heed({ text }: Pick<QueryConfig, "text">, { command }: Pick<QueryResult, "command">): void {
    if (!this.#isScoped || (command !== "COMMIT" && command !== "ROLLBACK")) return;
    this.#isChained ||= this.isOpen && isChain(text);
  }

  /** Says that none is to be open any more. */
  end(): void {
    this.#beginning = undefined;
    this.#isWanted = false;
  }

  #want(openings: readonly Opening[]): void {
    this.#client.hasCommitted = false;
    this.#isWanted = true;
    this.#isScoped = openings.length > 1;
    this.#isChained = false;
  }
}

export function endedByStatement(query: string | undefined): TransactionClosedError {
  return new TransactionClosedError("a statement has ended the transaction", { query });
}

/** Of a COMMIT that the server has answered with ROLLBACK, and of a savepoint that it would not release. */
export function rolledBack(): TransactionRolledBackError {
  return new TransactionRolledBackError(
    "a statement had failed, so the server rolled back instead of committing",
  );
}

/** Of a COMMIT or ROLLBACK. One to a savepoint has the same command tag, and ends nothing. */
function isChain(text: string): boolean {
  const words = text.replace(/--.*|\/\*[\s\S]*?\*\//g, " ");
  return /\band\s+chain\b/i.test(words);
}
