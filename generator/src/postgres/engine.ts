import type { Oid } from "../model/catalog.ts";

export interface Description {
  readonly params: readonly Oid[];
  readonly columns: readonly { readonly name: string; readonly type: Oid }[];
}

export type Row = Record<string, unknown>;

/** A PostgreSQL that analyses: the embedded one, or a server under a `database.uri`. */
export interface Engine {
  /** e.g. 180006. */
  readonly version: number;
  /** Runs one or more statements by the simple protocol; the rows of the last one that gives any. */
  run(sql: string): Promise<Row[]>;
  /** Parse and Describe: nothing is executed. */
  describe(sql: string): Promise<Description>;
  close(): Promise<void>;
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

  constructor(sql: string, fields: Record<string, unknown>) {
    super(String(fields.message ?? fields));
    this.sqlState = String(fields.code ?? "XX000");
    this.hint = fields.hint ? String(fields.hint) : null;
    this.detail = fields.detail ? String(fields.detail) : null;
    this.schema = fields.schema ? String(fields.schema) : null;
    const position = Number(fields.position ?? Number.NaN);
    this.offset = Number.isNaN(position) ? null : utf16Offset(sql, position - 1);
  }
}

/** PostgreSQL counts characters (code points); JavaScript counts UTF-16 code units. */
function utf16Offset(text: string, codePoints: number): number {
  let at = 0;
  for (let n = 0; n < codePoints && at < text.length; n++) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}
