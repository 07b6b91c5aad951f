/** A statement that was executed while it was recorded. */
export interface RecordedQuery {
  /** As its annotation names it; of a statement without one its first words. */
  readonly name: string;
  readonly text: string;
  /** PostgreSQL's text of each, in the order of `$1`, `$2` …; null is NULL. */
  readonly values: readonly (string | null)[];
  /** Statements that were sent together have the same. */
  readonly packet: number;
}

/** Queries that were executed one at a time where one would do, as in a loop over rows. */
export interface RepeatedQuery {
  readonly name: string;
  readonly text: string;
  /** How often it was sent. */
  readonly count: number;
  readonly values: readonly (readonly (string | null)[])[];
}

const ANNOTATION = /^\s*--\s*name:\s*(\S+)/m;
/** Begins and ends of transactions, which nobody counts. */
const SURROUNDINGS =
  /^(?:begin|start\s+transaction|commit|end|rollback|abort|savepoint|release|set\s+local)\b/i;

/** What was executed since it began, without what begins and ends transactions. */
export class Recording {
  readonly #queries: RecordedQuery[] = [];
  readonly #stop: (recording: Recording) => void;

  /** Use TestDatabase.record. */
  constructor(stop: (recording: Recording) => void) {
    this.#stop = stop;
  }

  /** Takes one down. */
  add(query: Omit<RecordedQuery, "name">): void {
    if (SURROUNDINGS.test(query.text.trim()) || /^select where set_config/.test(query.text)) return;
    const name = ANNOTATION.exec(query.text)?.[1] ?? query.text.trim().split(/\s+/).slice(0, 4).join(" ");
    this.#queries.push({ name, ...query });
  }

  get queries(): readonly RecordedQuery[] {
    return this.#queries;
  }

  /** The names, in the order of execution. */
  get names(): readonly string[] {
    return this.#queries.map(({ name }) => name);
  }

  /** The number of executions of each, by name. */
  get counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { name } of this.#queries) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  }

  /**
   * Gives statements that were sent `atLeast` times (3), each for itself, with other values: the N of N+1. Those of one batch were
   * sent together, and count once.
   */
  repeated(atLeast = 3): RepeatedQuery[] {
    const byText = new Map<string, RecordedQuery[]>();
    for (const query of this.#queries) {
      const alike = byText.get(query.text) ?? [];
      alike.push(query);
      byText.set(query.text, alike);
    }
    return [...byText].flatMap(([text, queries]) => {
      const count = new Set(queries.map(({ packet }) => packet)).size;
      const values = queries.map((query) => query.values);
      const different = new Set(values.map((one) => JSON.stringify(one))).size;
      return count >= atLeast && different > 1 ? [{ name: queries[0]!.name, text, count, values }] : [];
    });
  }

  /** Records no more. */
  stop(): void {
    this.#stop(this);
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
