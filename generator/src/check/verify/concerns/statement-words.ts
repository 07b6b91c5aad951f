import { tokenize } from "../../../sql/lexer.ts";
import { nameOf } from "../../../sql/quoting.ts";

/** Reads the statements of a text by its words. */
export function statementsIn(text: string): Statement[] {
  const statements: Word[][] = [[]];
  for (const { kind, start, end } of tokenize(text)) {
    if (kind.endsWith("comment")) continue;
    const written = text.slice(start, end);
    if (written === ";") statements.push([]);
    else {
      const isName = kind === "word" || kind === "quoted";
      statements.at(-1)!.push({ text: isName ? nameOf(written).toLowerCase() : written, isName });
    }
  }
  return statements.map((words) => new Statement(words));
}

interface Word {
  /** A name without quotes, in lower case. */
  readonly text: string;
  readonly isName: boolean;
}

/** One statement of a body or a query, as far as its words tell. */
export class Statement {
  readonly #words: readonly Word[];
  readonly #names: ReadonlySet<string>;
  /** The places of names that are given to something, or say where a value goes: none of them is a value. */
  readonly #given = new Set<number>();
  /** The tables that rows are inserted into. */
  readonly targets = new Set<string>();
  readonly #targetsAt = new Set<number>();
  /** Of the tables, those that are given values by the place of their columns. */
  readonly #byPlace = new Set<string>();
  /** How many variables a row goes to, at most. */
  variables = 0;

  constructor(words: readonly Word[]) {
    this.#words = words;
    this.#names = new Set(words.flatMap(({ text, isName }) => (isName ? [text] : [])));
    for (let at = 0; at < words.length; at++) {
      const word = this.#at(at);
      if (word === "into") this.#readInto(at);
      if (word === "for") this.#readVariables(at + 1);
      if (word === "set") for (let to = at + 1; this.#at(to + 1) === "="; ) to = this.#readAssigned(to);
    }
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Tells whether a word stands somewhere behind others. */
  follows(before: readonly string[], word: string): boolean {
    return this.#words.some(
      (_, at) => this.#at(at + before.length) === word && before.every((one, i) => this.#at(at + i) === one),
    );
  }

  /** Tells whether a table is named, and not merely to insert rows into it. */
  reads(table: string): boolean {
    return this.#words.some((_, at) => this.#at(at) === table && !this.#targetsAt.has(at));
  }

  insertsByPlace(table: string): boolean {
    return this.#byPlace.has(table);
  }

  /** Tells whether a name stands for a value, with nothing that says of what. */
  refersTo(name: string): boolean {
    return this.#words.some(
      (_, at) =>
        this.#at(at) === name &&
        !this.#given.has(at) &&
        !BEFORE_NO_VALUE.has(this.#at(at - 1)) &&
        !BEHIND_NO_VALUE.has(this.#at(at + 1)),
    );
  }

  /** Gives how many arguments a function is called with, wherever it is. */
  argumentsOf(name: string): number[] {
    return this.#words.flatMap((_, at) => {
      if (this.#at(at) !== name || this.#at(at + 1) !== "(") return [];
      let [depth, count] = [1, this.#at(at + 2) === ")" ? 0 : 1];
      for (let to = at + 2; depth > 0 && to < this.#words.length; to++) {
        const word = this.#at(to);
        if (word === "(" || word === "[") depth++;
        if (word === ")" || word === "]") depth--;
        if (word === "," && depth === 1) count++;
      }
      return [count];
    });
  }

  /** Tells whether it executes a text that has other parts than one that is written out. */
  get executesMade(): boolean {
    return this.#words.some((_, at) => {
      if (this.#at(at) !== "execute") return false;
      const isPlain = this.#at(at + 1).startsWith("'") && BEHIND_A_TEXT.has(this.#at(at + 2));
      return !isPlain && !NO_TEXT.has(this.#at(at + 1));
    });
  }

  /** Tells whether all columns are taken, whatever they are. */
  get takesAll(): boolean {
    return this.#words.some(
      (_, at) => this.#at(at) === "*" && BEFORE_ALL.has(this.#at(at - 1)) && !this.#isWithin(at, "exists"),
    );
  }

  /** Tells whether more than one row is an error: INTO STRICT, or a query in brackets that stands for a value. */
  get wantsOneRow(): boolean {
    if (ONE_ROW.some((name) => this.has(name))) return false;
    if (this.follows(["into"], "strict")) return true;
    return this.#words.some(
      (_, at) => this.#at(at) === "(" && this.#at(at + 1) === "select" && !BEFORE_ROWS.has(this.#at(at - 1)),
    );
  }

  /**
   * Tells how rows of a table are compared as a whole, by its name or that which it has here: with NULL, with none, or with others.
   */
  rowsCompared(table: string): ReadonlySet<RowComparison> {
    const found = new Set<RowComparison>();
    for (const [i] of this.#words.entries()) {
      if (this.#at(i) !== table || this.#at(i + 1) === ".") continue;
      const own = this.#at(i + 1) === "as" ? i + 2 : i + 1;
      const row = this.#words[own]?.isName && !BEHIND_A_TABLE.has(this.#at(own)) ? this.#at(own) : table;
      for (const [at, { text, isName }] of this.#words.entries()) {
        if (text !== row || !isName || at === i || at === own) continue;
        const comparison = this.#comparisonAt(at);
        if (comparison !== null) found.add(comparison);
      }
    }
    return found;
  }

  #comparisonAt(at: number): RowComparison | null {
    const [before, next] = [this.#at(at - 1), this.#at(at + 1)];
    // `(b.*) = …`
    if (next === "." && this.#at(at + 2) === "*")
      return COMPARING.has(this.#at(this.#at(at + 3) === ")" ? at + 4 : at + 3)) ? "with others" : null;
    if (before === "." || next === "." || next === "(") return null;
    if (next === "is") {
      const isNot = this.#at(at + 2) === "not";
      const what = this.#at(isNot ? at + 3 : at + 2);
      if (what === "null") return isNot ? "is not null" : "is null";
      return what === "distinct" ? "with others" : null;
    }
    const isCounted = before === "distinct" && this.#at(at - 2) === "(";
    const isGrouped = before === "by" && this.#at(at - 2) === "group";
    return isCounted ||
      isGrouped ||
      COMPARING.has(next) ||
      (COMPARING.has(before) && !this.#given.has(at - 2))
      ? "with others"
      : null;
  }

  #at(place: number): string {
    return this.#words[place]?.text ?? "";
  }

  /** `exists (select * …`. */
  #isWithin(at: number, word: string): boolean {
    return this.#at(at - 1) === "select" && this.#at(at - 2) === "(" && this.#at(at - 3) === word;
  }

  #readInto(at: number): void {
    const verb = this.#at(at - 1);
    if (verb !== "insert" && verb !== "merge") {
      this.#readVariables(this.#at(at + 1) === "strict" ? at + 2 : at + 1);
      return;
    }
    let name = at + 1;
    while (this.#at(name + 1) === ".") name += 2;
    if (verb === "merge") return;
    const table = this.#at(name);
    this.targets.add(table);
    this.#targetsAt.add(name);
    const open = this.#at(name + 1) === "as" ? name + 3 : name + 1;
    const isListed = this.#at(open) === "(" && !/^(?:select|values|with)$/.test(this.#at(open + 1));
    if (!isListed && this.#at(open) !== "default") this.#byPlace.add(table);
    for (let to = open; isListed && to < this.#words.length && this.#at(to) !== ")"; to++)
      this.#given.add(to);
  }

  #readVariables(from: number): void {
    let count = 0;
    for (let at = from; this.#words[at]?.isName; at += 2) {
      this.#given.add(at);
      count++;
      while (this.#at(at + 1) === ".") at += 2;
      if (this.#at(at + 1) !== ",") break;
    }
    this.variables = Math.max(this.variables, count);
  }

  /** `column = value,`: gives the place behind it. */
  #readAssigned(from: number): number {
    this.#given.add(from);
    let depth = 0;
    for (let at = from + 1; at < this.#words.length; at++) {
      const word = this.#at(at);
      if (word === "(") depth++;
      if (word === ")") depth--;
      if (depth < 0 || (depth === 0 && (word === "where" || word === "from" || word === "returning"))) break;
      if (depth === 0 && word === ",") return at + 1;
    }
    return this.#words.length;
  }
}

/** How a row is compared as a whole. */
export type RowComparison = "is null" | "is not null" | "with others";

const COMPARING: ReadonlySet<string> = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);
/** What stands behind a table that has no other name. */
const BEHIND_A_TABLE: ReadonlySet<string> = new Set([
  ...["where", "on", "using", "join", "left", "right", "full", "inner", "cross", "natural", "order", "group"],
  ...[
    "having",
    "limit",
    "offset",
    "fetch",
    "for",
    "window",
    "union",
    "intersect",
    "except",
    "set",
    "returning",
  ],
  ...["values", "select", "default", "when", "tablesample", "then", "end", "loop", "into", "is"],
]);

/** What ends the text that is executed; "" at the end of the statement. */
const BEHIND_A_TEXT: ReadonlySet<string> = new Set(["", "into", "using", "loop"]);
/** `create trigger … execute function`, `grant execute on`. */
const NO_TEXT: ReadonlySet<string> = new Set(["function", "procedure", "on"]);

const BEFORE_NO_VALUE: ReadonlySet<string> = new Set([".", "as", "declare", "call", "perform"]);
const BEHIND_NO_VALUE: ReadonlySet<string> = new Set([".", ":=", "(", "=>"]);
/** What stands before a star that is no product. */
const BEFORE_ALL: ReadonlySet<string> = new Set(["select", ",", ".", "distinct", "all", "returning"]);
/** What stands before a query in brackets that may give any number of rows. */
const BEFORE_ROWS: ReadonlySet<string> = new Set([
  ...["in", "exists", "any", "all", "some", "array", "from", "join", "lateral", "as", "materialized"],
  ...["union", "intersect", "except", "query"],
]);
/** What makes one row of many. */
const ONE_ROW: readonly string[] = [
  "limit",
  "fetch",
  "max",
  "min",
  "count",
  "sum",
  "bool_or",
  "bool_and",
  "array_agg",
  "string_agg",
];
