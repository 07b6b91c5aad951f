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
    if (tokens.word(start - 2) === "constraint") start -= 2;
    if (tokens.word(start - 1) === "add") start--;
    if (isOfTable) {
      // One of the commas around it goes with it.
      if (tokens.text(start - 1) === ",") start--;
      else if (tokens.text(end) === ",") end++;
    }
    sql.blank(tokens.all[start]!.start, tokens.all[end - 1]!.end);
    found = true;
  }
  return found;
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
