import type { SelectStmt } from "libpg-query";
import { nextToken } from "../sql/lexer.ts";
import { type Engine, majorVersion } from "./engine.ts";
import type { RawOutput, RawTargets, Star } from "./raw-stars.ts";
import { kindAndTree, namesOf, nodeOf, type RawNode, type RawTree } from "./raw-tree.ts";

/** What PostgreSQL's grammar alone says of a statement. */
export type RawStatement = RawTree & {
  readonly hasReturning: boolean;
  /** Where stars stand that decide the statement's result. */
  readonly output: RawOutput;
  /** For an INSERT … SELECT: where stars of its source stand. */
  readonly insertSource: RawOutput;
};

/** The major version whose grammar this is. */
const GRAMMAR = 18;

/** Tells whether an engine of this version may take what the grammar refuses: words become reserved, and statements are added. */
export function hasOwnGrammar(engine: Pick<Engine, "version">): boolean {
  return majorVersion(engine) !== GRAMMAR;
}

/**
 * A statement that the engine has taken and the grammar has not: what kind it is by its words, and nothing of what is in it.
 * A star stays one.
 */
export function unreadStatement(sql: string, hasReturning: boolean): RawStatement {
  let depth = 0;
  let kind: RawStatement["kind"] | undefined;
  for (let token = nextToken(sql, 0); token && kind === undefined; token = nextToken(sql, token.end)) {
    const word = sql.slice(token.start, token.end).toLowerCase();
    if (token.kind === "punctuation") depth += word === "(" ? 1 : word === ")" ? -1 : 0;
    else if (token.kind === "word" && depth === 0) {
      kind = KINDS[word];
      // Only what stands behind WITH says what it is.
      if (kind === undefined && word !== "with") {
        const isOther = !/^\s*(?:--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*with\b/i.test(sql);
        if (isOther) kind = "DoStmt";
      }
    }
  }
  const none = { kind: "none" } as const;
  return { kind: kind ?? "DoStmt", tree: {}, hasReturning, output: none, insertSource: none } as RawStatement;
}

const KINDS: Readonly<Record<string, RawStatement["kind"]>> = {
  select: "SelectStmt",
  values: "SelectStmt",
  table: "SelectStmt",
  insert: "InsertStmt",
  update: "UpdateStmt",
  delete: "DeleteStmt",
  merge: "MergeStmt",
};

let parser: Promise<typeof import("libpg-query")> | null = null;

/** Begins to load it, or waits until it is there. */
export async function loadParser(): Promise<typeof import("libpg-query")> {
  parser ??= import("libpg-query").then(async (module) => {
    await module.loadModule();
    // The first statement takes ten times as long as others do, and there is more time now than when it is asked for.
    module.parseSync("select 1");
    return module;
  });
  return parser;
}

/** Splits and parses; null where the text has no statement. @throws the parser's error */
export async function parseStatement(sql: string): Promise<RawStatement | null> {
  const { parseSync } = await loadParser();
  const stmt = parseSync(sql).stmts?.[0]?.stmt;
  if (!stmt) return null;
  const raw = kindAndTree(stmt);
  const offsets = new ByteOffsets(sql);
  const returning = returningOf(raw);
  const source = raw.kind === "InsertStmt" ? nodeOf(raw.tree.selectStmt, "SelectStmt") : undefined;
  return {
    ...raw,
    hasReturning: returning !== undefined && returning.length > 0,
    output:
      raw.kind === "SelectStmt"
        ? selectOutput(raw.tree, offsets, sql)
        : returning
          ? targets(returning, offsets, sql)
          : { kind: "none" },
    insertSource: selectOutput(source, offsets, sql),
  };
}

/** Gives what a statement that writes returns. */
export function returningOf({ kind, tree }: RawTree): readonly RawNode[] | undefined {
  return kind === "InsertStmt" || kind === "UpdateStmt" || kind === "DeleteStmt" || kind === "MergeStmt"
    ? tree.returningClause?.exprs
    : undefined;
}

/** What has to be done first is done first: Node has a word for it, others only a time. */
const later: (work: () => void) => unknown = globalThis.setImmediate ?? globalThis.setTimeout;

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
      if (i % 10 === 0) await new Promise<void>((done) => void later(done));
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

/** Finds where each statement of a script stands, without its semicolon. @throws the parser's error */
export async function splitStatements(sql: string): Promise<StatementSpan[]> {
  if (sql.trim() === "") return [];
  const { parseSync } = await loadParser();
  const offsets = new ByteOffsets(sql);
  return (parseSync(sql).stmts ?? []).map((s) => {
    const from = s.stmt_location ?? 0;
    return {
      start: offsets.toUtf16(from),
      end: s.stmt_len ? offsets.toUtf16(from + s.stmt_len) : sql.length,
    };
  });
}

/** A statement of a script as the grammar has it: its node's kind, the node, and where it stands. */
export type ParsedStatement = RawTree &
  StatementSpan & {
    /** The UTF-16 offset of a `location` within the node. */
    at(location: number): number;
  };

/** The statements of a script, parsed. @throws the parser's error */
export async function parseScript(sql: string): Promise<ParsedStatement[]> {
  if (sql.trim() === "") return [];
  const { parseSync } = await loadParser();
  const offsets = new ByteOffsets(sql);
  return (parseSync(sql).stmts ?? []).map(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    return {
      ...kindAndTree(stmt!),
      start: offsets.toUtf16(from),
      end: length ? offsets.toUtf16(from + length) : sql.length,
      at: (location) => offsets.toUtf16(location),
    };
  });
}

/** Finds where the parser stopped, as a UTF-16 offset, or null. */
export function parseErrorOffset(sql: string, error: unknown): number | null {
  const position = (error as { sqlDetails?: { cursorPosition?: number } }).sqlDetails?.cursorPosition;
  return typeof position === "number" ? new ByteOffsets(sql).fromCodePoint(position) : null;
}

function selectOutput(node: SelectStmt | undefined, offsets: ByteOffsets, sql: string): RawOutput {
  if (node?.op && node.op !== "SETOP_NONE") {
    return {
      kind: "set",
      left: selectOutput(node.larg, offsets, sql),
      right: selectOutput(node.rarg, offsets, sql),
    };
  }
  return node?.targetList ? targets(node.targetList, offsets, sql) : { kind: "none" };
}

function targets(list: readonly RawNode[], offsets: ByteOffsets, sql: string): RawOutput {
  let opaque = false;
  const items = list.map((item): Star | null => {
    const value = nodeOf(item, "ResTarget")?.val;
    const column = nodeOf(value, "ColumnRef");
    const fields = column?.fields ?? [];
    if (nodeOf(fields.at(-1), "A_Star")) {
      const start = offsets.toUtf16(column?.location ?? 0);
      const end = sql.indexOf("*", start + qualifierLength(sql, start, fields.length - 1)) + 1;
      return { start, end, qualifier: namesOf(fields).at(-1) ?? null };
    }
    if (nodeOf(value, "A_Indirection")?.indirection?.some((i) => nodeOf(i, "A_Star"))) opaque = true;
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
    this.#ascii = !/[\u0080-\uffff]/.test(text);
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
    const map = new Uint32Array(new TextEncoder().encode(this.#text).length + 1);
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
