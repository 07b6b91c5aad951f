import type { Oid } from "../model/catalog.ts";
import { DiagnosticError, type Span } from "../model/diagnostic.ts";

export interface Description {
  readonly params: readonly Oid[];
  readonly columns: readonly { readonly name: string; readonly type: Oid }[];
  /** The analysed `Query` as `nodeToString` prints it, from an engine that gets it by the way. */
  readonly tree?: string | undefined;
}

export interface Wanted {
  readonly tree: boolean;
}

export type Row = Record<string, unknown>;

/**
 * A PostgreSQL that analyses: the embedded one, or a server under a `database.uri`.
 * Calls may overlap: each is carried out whole, in the order in which they were made.
 */
export interface Engine {
  /** e.g. 180006; of the embedded one, 180000. */
  readonly version: number;
  /** Whether it is the embedded one. */
  readonly isEmbedded: boolean;
  /**
   * Runs one or more statements by the simple protocol; the rows of the last one that gives any.
   * @param onNotice is told the message of each notice, of those levels that `client_min_messages` lets through
   */
  run(sql: string, onNotice?: (message: string) => void): Promise<Row[]>;
  /** Runs statements in a transaction that is rolled back, whatever happens in it; the rows as from `run`. */
  attempt(sql: string): Promise<Row[]>;
  /** Parse and Describe: nothing is executed. Where the tree is not wanted, it is not read. */
  describe(sql: string, wanted?: Wanted): Promise<Description>;
  /**
   * Looks at what the open transaction has done so far; absent where there is nothing beyond the database that it could reach.
   * @throws PostgresError where it has changed what belongs to the whole server
   */
  stayWithin?(): Promise<void>;
  /** Tells whether a role belongs to the server beside whose databases this one was made, and not to what is done here; absent where there is no such server. */
  wasThere?(role: string): boolean;
  close(): Promise<void>;
}

/** The release that an engine is, e.g. 18. */
export function majorVersion({ version }: Pick<Engine, "version">): number {
  return Math.floor(version / 10_000);
}

/** What PostgreSQL said, in the fields of its protocol. */
export class PostgresError extends Error {
  override readonly name = "PostgresError";
  readonly sqlState: string;
  /** 0-based UTF-16 offset into the statement sent, or null. */
  readonly offset: number | null;
  readonly hint: string | null;
  readonly detail: string | null;
  readonly schema: string | null;
  /** What it was made of, plain enough to be sent to another thread. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(sql: string, fields: Readonly<Record<string, unknown>>) {
    super(String(fields.message ?? fields));
    const { code, message, hint, detail, schema, position } = fields;
    this.fields = { code, message, hint, detail, schema, position };
    this.sqlState = String(fields.code ?? "XX000");
    this.hint = fields.hint ? String(fields.hint) : null;
    this.detail = fields.detail ? String(fields.detail) : null;
    this.schema = fields.schema ? String(fields.schema) : null;
    const at = Number(position ?? Number.NaN);
    this.offset = Number.isNaN(at) ? null : utf16Offset(sql, at - 1);
  }
}

/** What ended an engine. */
export interface Breakdown {
  readonly reason: string;
  /** How many statements of what it was given it had carried out before. */
  readonly done: number;
}

/** Thrown where an engine has ended in the middle of a statement, which no PostgreSQL should: nothing more can be asked of it. */
export class EngineBreakdown extends Error {
  override readonly name = "EngineBreakdown";
  readonly breakdown: Breakdown;

  constructor(breakdown: Breakdown) {
    super(`the embedded PostgreSQL ended in the middle of a statement: ${breakdown.reason}`);
    this.breakdown = breakdown;
  }

  /** Gives what to say where it is known which statement it was. */
  at(span: Span): DiagnosticError {
    return new DiagnosticError([
      {
        code: "engine-breakdown",
        severity: "error",
        message: `the embedded PostgreSQL ended in the middle of this statement: ${this.breakdown.reason}`,
        hint: "Write it shorter or less deeply nested, leave it out of what is analysed, or name a server in `database.uri`.",
        span,
      },
    ]);
  }
}

/** Tells whether a driver's error is something that PostgreSQL said. */
export function isPostgresFailure(error: unknown): error is Error & Readonly<Record<string, unknown>> {
  const fields = error as Record<string, unknown>;
  return error instanceof Error && typeof fields.code === "string" && "severity" in fields;
}

/** PostgreSQL counts characters (code points); JavaScript counts UTF-16 code units. */
function utf16Offset(text: string, codePoints: number): number {
  let at = 0;
  for (let n = 0; n < codePoints && at < text.length; n++) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}
