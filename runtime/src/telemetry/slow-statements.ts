import { loopTime } from "../stall.ts";
import type { QueryInfo } from "../statement.ts";
import { sanitize } from "./sanitize.ts";
import type { Operation, Outcome, Telemetry } from "./telemetry.ts";

/** A statement, batch, copy or stream that took long; without the values of its parameters. */
export interface SlowStatement {
  /** The query's name; of a batch of several queries the first one's. */
  readonly query: string;
  /** Its text; of what analysis has not seen without literals. Of a batch the first statement's. */
  readonly text: string;
  /** Statements sent together. */
  readonly statements: number;
  /** Milliseconds from the call to its end; of a transaction's last call to the answer to COMMIT. */
  readonly duration: number;
  /** Milliseconds of those that it waited for a connection. */
  readonly waited: number;
  /**
   * Milliseconds of the rest in which the process was at work and could not take an answer: where they are nearly all of it, the
   * event loop was stalled and the database need not be slow.
   */
  readonly busy: number;
  /** What it failed with. */
  readonly error?: unknown;
}

/** The same telemetry, which also tells `report` of every statement that takes `after` milliseconds or more, be COMMIT behind it or not. */
export function reportSlow(
  telemetry: Telemetry,
  after: number,
  report: (slow: SlowStatement) => void,
): Telemetry {
  return {
    ...telemetry,
    at: (server) => reportSlow(telemetry.at(server), after, report),
    query(info, text, values, since) {
      const operation = telemetry.query(info, text, values, since);
      // A ping has no text, and is no statement.
      return text === "" ? operation : new Watched(operation, [info], text, since, after, report);
    },
    batch: (infos, texts, since) =>
      new Watched(telemetry.batch(infos, texts, since), infos, texts[0] ?? "", since, after, report),
    copy: (info, text, since) =>
      new Watched(telemetry.copy(info, text, since), [info], text, since, after, report),
  };
}

class Watched implements Operation {
  readonly #operation: Operation;
  readonly #infos: readonly QueryInfo[];
  readonly #text: string;
  readonly #began = performance.now();
  readonly #since: number;
  readonly #busyTime = loopTime();
  readonly #after: number;
  readonly #report: (slow: SlowStatement) => void;
  #over = false;

  constructor(
    operation: Operation,
    infos: readonly QueryInfo[],
    text: string,
    since: number | undefined,
    after: number,
    report: (slow: SlowStatement) => void,
  ) {
    this.#operation = operation;
    this.#infos = infos;
    this.#text = text;
    this.#since = since ?? this.#began;
    this.#after = after;
    this.#report = report;
  }

  within<T>(work: () => T): T {
    return this.#operation.within(work);
  }

  end(outcome?: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#operation.end(outcome);
    const duration = performance.now() - this.#since;
    if (duration < this.#after) return;
    const [first] = this.#infos;
    const waited = this.#began - this.#since;
    this.#report({
      query: first?.name ?? "",
      text: first?.isAdHoc === true ? sanitize(this.#text) : this.#text,
      statements: this.#infos.length,
      duration,
      waited,
      // Both are taken one after the other, by two clocks.
      busy: Math.min(this.#busyTime(), duration - waited),
      ...(outcome?.error === undefined ? {} : { error: outcome.error }),
    });
  }
}

/** Warns of a slow statement where a threshold was given and nobody to tell. */
export function warnOfSlow({ query, duration, waited, busy }: SlowStatement): void {
  const [all, wait, own] = [duration, waited, busy].map((time) => Math.round(time));
  process.emitWarning(
    `${query} took ${all} ms, of which it waited ${wait} ms for a connection and the process was busy for ${own} ms`,
    { type: "SlowStatementWarning" },
  );
}
