import type { RawOutput, RawTargets, Star } from "../infer/stars.ts";

/** What PostgreSQL's grammar alone says of a statement. */
export interface RawStatement {
  /** The grammar's node, e.g. `SelectStmt`. */
  readonly kind: string;
  readonly hasReturning: boolean;
  /** Where stars stand that decide the statement's result. */
  readonly output: RawOutput;
  /** For an INSERT … SELECT: where stars of its source stand. */
  readonly insertSource: RawOutput;
  readonly tree: Record<string, unknown>;
}

// biome-ignore lint/suspicious/noExplicitAny: the parser's JSON has no types of its own
type Raw = Record<string, any>;

let parser: Promise<typeof import("libpg-query")> | null = null;

/** Begins to load it, or waits until it is there. */
export async function loadParser(): Promise<typeof import("libpg-query")> {
  parser ??= import("libpg-query").then(async (module) => {
    await module.loadModule();
    return module;
  });
  return parser;
}

/** Splits and parses; null where the text has no statement. @throws the parser's error */
export async function parseStatement(sql: string): Promise<RawStatement | null> {
  const { parseSync } = await loadParser();
  const parsed = parseSync(sql) as { stmts?: { stmt: Raw }[] };
  const stmt = parsed.stmts?.[0]?.stmt;
  if (!stmt) return null;
  const kind = Object.keys(stmt)[0]!;
  const node = stmt[kind] as Raw;
  const offsets = new ByteOffsets(sql);
  const returning = (node.returningClause?.exprs ?? node.returningList) as Raw[] | undefined;
  const isSelect = kind === "SelectStmt";
  return {
    kind,
    hasReturning: returning !== undefined && returning.length > 0,
    output: isSelect
      ? selectOutput(node, offsets, sql)
      : returning
        ? targets(returning, offsets, sql)
        : { kind: "none" },
    insertSource:
      kind === "InsertStmt" && node.selectStmt?.SelectStmt
        ? selectOutput(node.selectStmt.SelectStmt, offsets, sql)
        : { kind: "none" },
    tree: node,
  };
}

/** Enough for most projects, few enough to keep their trees. */
const AHEAD = 1000;

/** Parses while there is nothing else to do, a few at a time; the function that comes back gives what there is, or parses. */
export function parseAhead(texts: readonly string[]): typeof parseStatement {
  const parsed = new Map<string, ReturnType<typeof parseStatement>>();
  const parse: typeof parseStatement = (text) => {
    const known = parsed.get(text);
    if (known !== undefined) return known;
    const result = parseStatement(text);
    // Whoever asks for it hears of it.
    result.catch(() => {});
    parsed.set(text, result);
    return result;
  };
  const go = async (): Promise<void> => {
    for (const [i, text] of texts.slice(0, AHEAD).entries()) {
      if (i % 10 === 0) await new Promise(setImmediate);
      await parse(text).catch(() => {});
    }
  };
  void go();
  return parse;
}

export interface StatementSpan {
  readonly start: number;
  readonly end: number;
}

/** Where each statement of a script stands, without its semicolon. @throws the parser's error */
export async function splitStatements(sql: string): Promise<StatementSpan[]> {
  if (sql.trim() === "") return [];
  const { parseSync } = await loadParser();
  const parsed = parseSync(sql) as { stmts?: { stmt_location?: number; stmt_len?: number }[] };
  const offsets = new ByteOffsets(sql);
  return (parsed.stmts ?? []).map((s) => {
    const from = s.stmt_location ?? 0;
    return {
      start: offsets.toUtf16(from),
      end: s.stmt_len ? offsets.toUtf16(from + s.stmt_len) : sql.length,
    };
  });
}

/** A statement of a script as the grammar has it: its node's kind, the node, and where it stands. */
export interface ParsedStatement extends StatementSpan {
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: the parser's JSON has no types of its own
  readonly node: Record<string, any>;
  /** The UTF-16 offset of a `location` within the node. */
  at(location: number): number;
}

/** The statements of a script, parsed. @throws the parser's error */
export async function parseScript(sql: string): Promise<ParsedStatement[]> {
  if (sql.trim() === "") return [];
  const { parseSync } = await loadParser();
  const parsed = parseSync(sql) as { stmts?: { stmt: Raw; stmt_location?: number; stmt_len?: number }[] };
  const offsets = new ByteOffsets(sql);
  return (parsed.stmts ?? []).map(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    const [kind = ""] = Object.keys(stmt);
    return {
      kind,
      node: stmt[kind] as Raw,
      start: offsets.toUtf16(from),
      end: length ? offsets.toUtf16(from + length) : sql.length,
      at: (location) => offsets.toUtf16(location),
    };
  });
}

/** Where the parser stopped, as a UTF-16 offset, or null. */
export function parseErrorOffset(sql: string, error: unknown): number | null {
  const position = (error as { sqlDetails?: { cursorPosition?: number } }).sqlDetails?.cursorPosition;
  return typeof position === "number" ? new ByteOffsets(sql).fromCodePoint(position) : null;
}

function selectOutput(node: Raw, offsets: ByteOffsets, sql: string): RawOutput {
  if (node.op && node.op !== "SETOP_NONE") {
    return {
      kind: "set",
      left: selectOutput(node.larg, offsets, sql),
      right: selectOutput(node.rarg, offsets, sql),
    };
  }
  return node.targetList ? targets(node.targetList, offsets, sql) : { kind: "none" };
}

function targets(list: readonly Raw[], offsets: ByteOffsets, sql: string): RawOutput {
  let opaque = false;
  const items = list.map((item): Star | null => {
    const value = item.ResTarget?.val as Raw | undefined;
    const fields = value?.ColumnRef?.fields as Raw[] | undefined;
    if (fields && fields.at(-1)?.A_Star) {
      const start = offsets.toUtf16((value!.ColumnRef.location as number | undefined) ?? 0);
      const end = sql.indexOf("*", start + qualifierLength(sql, start, fields.length - 1)) + 1;
      return { start, end, qualifier: fields.length > 1 ? (fields.at(-2)!.String.sval as string) : null };
    }
    if ((value?.A_Indirection?.indirection as Raw[] | undefined)?.some((i) => i.A_Star)) opaque = true;
    return null;
  });
  return { kind: "targets", targets: { items, opaque } satisfies RawTargets };
}

/** A quoted qualifier may hold a `*` itself. */
function qualifierLength(sql: string, start: number, parts: number): number {
  if (parts === 0) return 0;
  const match = /^(?:"(?:[^"]|"")*"|[^\s."*]+)(?:\s*\.\s*(?:"(?:[^"]|"")*"|[^\s."*]+))*/.exec(
    sql.slice(start),
  );
  return match ? match[0].length : 0;
}

/** libpg-query counts bytes of UTF-8. */
export class ByteOffsets {
  readonly #text: string;
  readonly #ascii: boolean;
  #map: Uint32Array | null = null;

  constructor(text: string) {
    this.#text = text;
    this.#ascii = Buffer.byteLength(text) === text.length;
  }

  toUtf16(bytes: number): number {
    if (this.#ascii) return bytes;
    this.#map ??= this.#build();
    return this.#map[bytes] ?? this.#text.length;
  }

  fromCodePoint(count: number): number {
    let at = 0;
    for (let n = 0; n < count && at < this.#text.length; n++)
      at += this.#text.codePointAt(at)! > 0xffff ? 2 : 1;
    return at;
  }

  #build(): Uint32Array {
    const map = new Uint32Array(Buffer.byteLength(this.#text) + 1);
    let byte = 0;
    for (let at = 0; at < this.#text.length; ) {
      const code = this.#text.codePointAt(at)!;
      const width = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      map.fill(at, byte, byte + width);
      byte += width;
      at += code > 0xffff ? 2 : 1;
    }
    map[byte] = this.#text.length;
    return map;
  }
}
