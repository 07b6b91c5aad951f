import { isComment, type Token, tokenize } from "../../sql/lexer.ts";
import { unquote } from "../../sql/quoting.ts";
import type { EditedSql } from "./edited-sql.ts";

/** A statement's tokens, comments left out, to find clauses in. */
class Tokens {
  readonly #sql: string;
  readonly all: readonly Token[];

  constructor(sql: string) {
    this.#sql = sql;
    this.all = tokenize(sql).filter((token) => !isComment(token));
  }

  text(i: number): string {
    const token = this.all[i];
    return token ? this.#sql.slice(token.start, token.end) : "";
  }

  /** Of an unquoted word, in lower case; "" for anything else. */
  word(i: number): string {
    return this.all[i]?.kind === "word" ? this.text(i).toLowerCase() : "";
  }

  /** As PostgreSQL knows it. */
  identifier(i: number): string {
    const token = this.all[i];
    if (token?.kind === "quoted") return unquote(this.text(i));
    return token?.kind === "word" ? this.text(i).toLowerCase() : "";
  }

  /** Counts the parentheses that are open around each token; they themselves stand outside. */
  nesting(): number[] {
    let depth = 0;
    return this.all.map((_, i) => {
      const text = this.text(i);
      if (text === ")") depth--;
      return text === "(" ? depth++ : depth;
    });
  }

  /** The text up to the first of a word. */
  beginning(word: string): string {
    const i = this.all.findIndex((_, at) => this.word(at) === word);
    return i === -1 ? "" : this.#sql.slice(this.all[0]!.start, this.all[i]!.end);
  }

  /** The index behind the parenthesis that closes the one at `i`; `i` itself where none opens there. */
  behindGroup(i: number): number {
    if (this.text(i) !== "(") return i;
    let depth = 0;
    for (let at = i; at < this.all.length; at++) {
      if (this.text(at) === "(") depth++;
      else if (this.text(at) === ")" && --depth === 0) return at + 1;
    }
    return this.all.length;
  }
}

/** Blanks `tablespace name`, `compression method`, `using method`, or a word alone; false where the statement has no such clause. */
export function leaveOutClause(sql: EditedSql, clause: string, name: string | null): boolean {
  const tokens = new Tokens(sql.text);
  let found = false;
  for (let i = 0; i < tokens.all.length; i++) {
    if (tokens.word(i) !== clause || (name !== null && tokens.identifier(i + 1) !== name)) continue;
    // `using index tablespace name`
    const isIndex = tokens.word(i - 1) === "index" && tokens.word(i - 2) === "using";
    sql.blank(tokens.all[isIndex ? i - 2 : i]!.start, tokens.all[name === null ? i : i + 1]!.end);
    found = true;
  }
  return found;
}

/** Blanks every `with (…)` that stands outside of parentheses. */
export function leaveOutStorageOptions(sql: EditedSql): boolean {
  const tokens = new Tokens(sql.text);
  let found = false;
  for (let i = 0; i < tokens.all.length; i++) {
    if (tokens.text(i) === "(") i = tokens.behindGroup(i) - 1;
    if (tokens.word(i) !== "with" || tokens.text(i + 1) !== "(") continue;
    const end = tokens.behindGroup(i + 1);
    sql.blank(tokens.all[i]!.start, tokens.all[end - 1]!.end);
    found = true;
    i = end - 1;
  }
  return found;
}

/**
 * Blanks the foreign keys that refer to a table.
 * @param table as PostgreSQL's message has it: `users`, `auth.users`
 */
export function leaveOutForeignKeys(sql: EditedSql, table: string): boolean {
  const tokens = new Tokens(sql.text);
  let found = false;
  for (let i = 0; i < tokens.all.length; i++) {
    if (tokens.word(i) !== "references") continue;
    const isQualified = tokens.text(i + 2) === ".";
    const target = isQualified
      ? `${tokens.identifier(i + 1)}.${tokens.identifier(i + 3)}`
      : tokens.identifier(i + 1);
    if (target !== table) continue;
    let start = i;
    let end = behindReference(tokens, i + (isQualified ? 4 : 2));
    const open = openingBefore(tokens, i - 1);
    const isOfTable = open !== null && tokens.word(open - 1) === "key" && tokens.word(open - 2) === "foreign";
    if (isOfTable) start = open - 2;
    if (isOfTable) ({ start, end } = constraintAt(tokens, start, end));
    else if (tokens.word(start - 2) === "constraint") start -= 2;
    sql.blank(tokens.all[start]!.start, tokens.all[end - 1]!.end);
    found = true;
  }
  return found;
}

/** What a table or a domain can do without, and no type of a query follows from. */
export type Clause = "default" | "check" | "generated column";

/** What ends the expression of a default, where it stands outside of parentheses. */
const ENDS_DEFAULT = new Set(
  "check collate compression constraint default deferrable generated initially not null primary references storage unique".split(
    " ",
  ),
);

/**
 * Blanks the default, the check or the expression of a generated column in which a function is called.
 * @param name without its schema
 * @returns what it was; null where it is called elsewhere, which cannot be left out
 */
export function leaveOutCaller(sql: EditedSql, name: string, offset: number | null): Clause | null {
  const tokens = new Tokens(sql.text);
  // PostgreSQL does not always say where.
  const called = tokens.all.findIndex(({ start, end }, i) =>
    offset === null
      ? tokens.identifier(i) === name && tokens.text(i + 1) === "("
      : start <= offset && offset < end,
  );
  const found = clauseAround(tokens, called);
  if (found === null) return null;
  sql.blank(tokens.all[found.start]!.start, tokens.all[found.end - 1]!.end);
  return found.clause;
}

interface FoundClause {
  readonly clause: Clause;
  /** Its first token, and the one behind its last. */
  readonly start: number;
  readonly end: number;
}

/** What begins other clauses, whose calls are not of the one in front of them. */
const BEGINS_OTHER = new Set(
  "exclude foreign inherits like partition primary references unique using with".split(" "),
);

/** Finds it by going back from a token to what begins its clause. */
function clauseAround(tokens: Tokens, called: number): FoundClause | null {
  const nesting = tokens.nesting();
  const isList = /^create\s+(?:\w+\s+)*?table$/i.test(tokens.beginning("table"));
  const outside = isList ? 1 : 0;
  for (let i = called; i >= 0 && nesting[i]! >= outside; i--) {
    if (nesting[i]! > outside) continue;
    const word = tokens.word(i);
    if (tokens.text(i) === "," || BEGINS_OTHER.has(word)) return null;
    if (word === "default" && i < called) return defaultAt(tokens, i);
    if (word === "check") return checkAt(tokens, i);
    if (word === "as" && tokens.word(i - 1) === "always") return generatedAt(tokens, i + 1);
  }
  return null;
}

function checkAt(tokens: Tokens, check: number): FoundClause {
  let end = tokens.behindGroup(check + 1);
  if (tokens.word(end) === "no" && tokens.word(end + 1) === "inherit") end += 2;
  if (tokens.word(end) === "not" && NEGATED.has(tokens.word(end + 1))) end += 2;
  else if (tokens.word(end) === "enforced") end++;
  return { clause: "check", ...constraintAt(tokens, check, end) };
}

/** Blanks the exclusion constraints of a table, which want operators that an extension may bring. */
export function leaveOutExclusions(sql: EditedSql): boolean {
  const tokens = new Tokens(sql.text);
  let found = false;
  for (let i = 0; i < tokens.all.length; i++) {
    if (tokens.word(i) !== "exclude") continue;
    let end = tokens.word(i + 1) === "using" ? i + 3 : i + 1;
    if (tokens.text(end) !== "(") continue;
    end = tokens.behindGroup(end);
    for (let last = -1; last !== end; ) {
      last = end;
      if (/^(?:include|with|where)$/.test(tokens.word(end))) end = tokens.behindGroup(end + 1);
      else if (tokens.word(end) === "using" && tokens.word(end + 1) === "index") end += 4;
    }
    const of = constraintAt(tokens, i, behindReference(tokens, end));
    sql.blank(tokens.all[of.start]!.start, tokens.all[of.end - 1]!.end);
    found = true;
    i = of.end - 1;
  }
  return found;
}

/** With its name, ADD in front of it, and of a table's own, or of one command among several, one of the commas around it. */
function constraintAt(tokens: Tokens, from: number, to: number): { start: number; end: number } {
  let start = tokens.word(from - 2) === "constraint" ? from - 2 : from;
  if (tokens.word(start - 1) === "add") start--;
  const before = tokens.text(start - 1);
  if (before === ",") return { start: start - 1, end: to };
  const isFirst = before === "(" || tokens.word(start) === "add";
  return { start, end: isFirst && tokens.text(to) === "," ? to + 1 : to };
}

function generatedAt(tokens: Tokens, open: number): FoundClause {
  const generated = open - 3;
  const end = tokens.behindGroup(open);
  const isNamed = tokens.word(generated - 2) === "constraint";
  const kind = tokens.word(end);
  return {
    clause: "generated column",
    start: isNamed ? generated - 2 : generated,
    end: kind === "stored" || kind === "virtual" ? end + 1 : end,
  };
}

function defaultAt(tokens: Tokens, at: number): FoundClause {
  let end = at + 1;
  for (; end < tokens.all.length; end++) {
    const text = tokens.text(end);
    if (text === "(" || text === "[") {
      end = (text === "(" ? tokens.behindGroup(end) : behindSubscript(tokens, end)) - 1;
    } else if (text === "," || text === ")" || text === ";") break;
    else if (end > at + 1 && ENDS_DEFAULT.has(tokens.word(end))) break;
  }
  let start = at;
  if (tokens.word(at - 1) === "set") {
    // `alter column a set default …`, alone or among others
    start = tokens.word(at - 3) === "column" ? at - 4 : at - 3;
    if (tokens.text(start - 1) === ",") start--;
    else if (tokens.text(end) === ",") end++;
  } else if (tokens.word(at - 2) === "constraint") start = at - 2;
  return { clause: "default", start, end };
}

function behindSubscript(tokens: Tokens, open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.all.length; at++) {
    if (tokens.text(at) === "[") depth++;
    else if (tokens.text(at) === "]" && --depth === 0) return at + 1;
  }
  return tokens.all.length;
}

/** Behind the columns and the options of a reference. */
function behindReference(tokens: Tokens, from: number): number {
  let at = tokens.behindGroup(from);
  for (;;) {
    const word = tokens.word(at);
    const next = tokens.word(at + 1);
    if (word === "match" || word === "initially" || (word === "not" && NEGATED.has(next))) at += 2;
    else if (word === "deferrable" || word === "enforced") at++;
    else if (word === "on" && (next === "delete" || next === "update")) {
      const action = tokens.word(at + 2);
      at += action === "set" || action === "no" ? 4 : 3;
      if (action === "set") at = tokens.behindGroup(at);
    } else return at;
  }
}

const NEGATED = new Set(["deferrable", "valid", "enforced"]);

/** The index of the parenthesis that the one at `close` closes. */
function openingBefore(tokens: Tokens, close: number): number | null {
  if (tokens.text(close) !== ")") return null;
  let depth = 0;
  for (let i = close; i >= 0; i--) {
    if (tokens.text(i) === ")") depth++;
    else if (tokens.text(i) === "(" && --depth === 0) return i;
  }
  return null;
}

/** Gives a function in C another body, which is never run: its types do not follow from the library. */
export function leaveOutLibrary(sql: EditedSql): boolean {
  const tokens = new Tokens(sql.text);
  const as = tokens.all.findIndex((_, i) => tokens.word(i) === "as" && tokens.all[i + 1]?.kind === "string");
  const language = tokens.all.findIndex((_, i) => tokens.word(i) === "language");
  if (as === -1 || language === -1) return false;
  const end = tokens.text(as + 2) === "," ? as + 3 : as + 1;
  const body: [number, number, string] = [
    tokens.all[as + 1]!.start,
    tokens.all[end]!.end,
    "'begin raise null_value_not_allowed; end'",
  ];
  const name: [number, number, string] = [
    tokens.all[language + 1]!.start,
    tokens.all[language + 1]!.end,
    "plpgsql",
  ];
  // From behind, so that offsets stay what they are.
  for (const edit of [body, name].sort(([a], [b]) => b - a)) sql.replace(...edit);
  return true;
}

/** Types that other databases have, and what sqlc and migration tools for several databases take them for. */
const FOREIGN_TYPES: Readonly<Record<string, string>> = {
  binary: "bytea",
  blob: "bytea",
  clob: "text",
  datetime: "timestamp",
  datetime2: "timestamp",
  datetimeoffset: "timestamptz",
  double: "double precision",
  image: "bytea",
  int1: "smallint",
  int3: "integer",
  longblob: "bytea",
  longtext: "text",
  mediumblob: "bytea",
  mediumint: "integer",
  mediumtext: "text",
  nclob: "text",
  ntext: "text",
  number: "numeric",
  nvarchar: "varchar",
  nvarchar2: "varchar",
  smalldatetime: "timestamp",
  smallmoney: "numeric",
  tinyblob: "bytea",
  tinyint: "smallint",
  tinytext: "text",
  uniqueidentifier: "uuid",
  varbinary: "bytea",
  varchar2: "varchar",
};
const TAKES_LENGTH = new Set(["varchar", "numeric", "timestamp", "timestamptz"]);

/** Gives what PostgreSQL calls another database's type, or null. */
export function ownTypeFor(name: string): string | null {
  return FOREIGN_TYPES[name.toLowerCase()] ?? null;
}

/** Writes PostgreSQL's own type in the place of another database's that begins at an offset. */
export function replaceForeignType(sql: EditedSql, offset: number, own: string): boolean {
  const tokens = new Tokens(sql.text);
  const i = tokens.all.findIndex((token) => token.start === offset);
  if (i === -1) return false;
  const behind = tokens.behindGroup(i + 1);
  const group = tokens.all.slice(i + 1, behind);
  const keeps = TAKES_LENGTH.has(own) && group.every((token) => token.kind !== "word");
  sql.replace(offset, tokens.all[(keeps ? i + 1 : behind) - 1]!.end, own);
  return true;
}

/** Finds where a function's result is said to be of a type: of that, PostgreSQL's error does not tell the place. */
export function resultTypeOffset({ text }: EditedSql, name: string): number | null {
  const tokens = new Tokens(text);
  const i = tokens.all.findIndex(
    (_, at) => ["returns", "setof"].includes(tokens.word(at - 1)) && tokens.identifier(at) === name,
  );
  return tokens.all[i]?.start ?? null;
}
