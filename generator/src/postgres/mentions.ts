import type { Oid } from "../model/catalog.ts";
import { oidsIn } from "./definitions.ts";
import { type Description, type Engine, PostgresError, type Row, type Wanted } from "./engine.ts";
import { wordsOf } from "./words.ts";

/** What the analysis of a statement rests on: the objects that PostgreSQL found, and the words in which it looked for others. */
export interface Mentions {
  readonly oids: readonly Oid[];
  readonly words: readonly string[];
}

/** An engine that notes what the statements of one query mention. */
export class NotingEngine implements Engine {
  readonly #engine: Engine;
  readonly #oids = new Set<Oid>();
  readonly #words = new Set<string>();
  #isWhole = true;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get version(): number {
    return this.#engine.version;
  }

  get isEmbedded(): boolean {
    return this.#engine.isEmbedded;
  }

  /** Null where it cannot be told: something was refused, of which anything may be the reason, or asked of the database otherwise. */
  get mentions(): Mentions | null {
    return this.#isWhole ? { oids: [...this.#oids], words: [...this.#words] } : null;
  }

  async run(sql: string, onNotice?: (message: string) => void): Promise<Row[]> {
    this.#isWhole = false;
    return this.#engine.run(sql, onNotice);
  }

  async attempt(sql: string): Promise<Row[]> {
    const rows = await this.#noting(sql, this.#engine.attempt(sql));
    for (const row of rows)
      for (const value of Object.values(row)) if (typeof value === "string") this.#note(value);
    return rows;
  }

  async describe(sql: string, wanted?: Wanted): Promise<Description> {
    const found = await this.#noting(sql, this.#engine.describe(sql, wanted));
    for (const type of [...found.params, ...found.columns.map((column) => column.type)]) this.#oids.add(type);
    if (found.tree !== undefined) this.#note(found.tree);
    return found;
  }

  async #noting<T>(sql: string, answer: Promise<T>): Promise<T> {
    const words = wordsOf(sql);
    if (words === null) this.#isWhole = false;
    else for (const word of words) this.#words.add(word);
    try {
      return await answer;
    } catch (error) {
      if (error instanceof PostgresError) this.#isWhole = false;
      throw error;
    }
  }

  #note(text: string): void {
    for (const oid of oidsIn(text)) this.#oids.add(oid);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
