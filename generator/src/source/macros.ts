import leven from "leven";
import type { EmbedMacro, MacroParam } from "../model/source.ts";
import { isComment, type Token } from "../sql/lexer.ts";
import { quoteIdentifier, unquote } from "../sql/quoting.ts";
import type { Stretch } from "./blanking.ts";

/** A macro that cannot be replaced; offsets are of the file. */
export interface MacroError extends Stretch {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface Rewritten {
  readonly text: string;
  readonly params: readonly MacroParam[];
  readonly embeds: readonly EmbedMacro[];
  readonly errors: readonly MacroError[];
  /** Maps an offset in `text` to the offset in the file; for what a macro became, to the macro's start. */
  toFile(offset: number): number;
}

type MacroKind = "arg" | "narg" | "slice" | "embed";
export const MACROS: readonly MacroKind[] = ["arg", "narg", "slice", "embed"];

interface Macro extends Stretch {
  readonly kind: MacroKind;
  readonly name: string;
  /** For an embed: the relation as it is to be written. */
  readonly reference: string;
  /** For a slice that is the whole of an IN list: which operator takes its place. */
  readonly list: string | null;
  /** For an embed of a query inside, which has a name: the whole row as one column, of which the query around it has the parts. */
  readonly column: string | null;
}

interface Edit extends Stretch {
  readonly newStart: number;
  readonly newEnd: number;
}

/** Operators of PostgreSQL and its usual extensions that end in `@`: no parameter begins in them. */
const AT_OPERATORS = new Set(["@@", "<@", "@-@", "^@", "^<@", "?<@", "<<@", "&@", "#@"]);

/** Replaces sqlc's macros in one statement. Tokens are those of the statement, with offsets of the file. */
export function rewriteMacros(source: string, body: Stretch, allTokens: readonly Token[]): Rewritten {
  const tokens = allTokens.filter((token) => !isComment(token));
  const { macros, positional, errors } = new Scanner(source, tokens).scan();

  const used = new Set(positional.map((param) => param.number));
  const numbers = new Map<string, { number: number; nullable: boolean; slice: boolean }>();
  let next = 1;
  for (const macro of macros) {
    if (macro.kind === "embed") continue;
    let param = numbers.get(macro.name);
    if (!param) {
      while (used.has(next)) next++;
      used.add(next);
      param = { number: next, nullable: false, slice: false };
      numbers.set(macro.name, param);
    }
    param.nullable ||= macro.kind === "narg";
    param.slice ||= macro.kind === "slice";
  }
  for (let number = 1; errors.length === 0 && number <= used.size; number++) {
    if (used.has(number)) continue;
    errors.push({
      code: "param-gap",
      message: `could not determine data type of parameter $${number}`,
      hint: `Number the parameters from $1 on without a gap: $${number} is not used.`,
      start: body.start,
      end: tokens[0]?.end ?? body.end,
    });
    break;
  }

  const embeds: EmbedMacro[] = [];
  const edits: Edit[] = [];
  let text = "";
  let at = body.start;
  for (const macro of macros) {
    text += source.slice(at, macro.start);
    let replacement: string;
    if (macro.kind === "embed") replacement = macro.column ?? `${macro.reference}.*`;
    else {
      const placeholder = `$${numbers.get(macro.name)!.number}`;
      replacement = macro.list ? `${macro.list}(${placeholder})` : placeholder;
    }
    // `and@id` is two tokens, `and$1` one; `$1` takes no letter behind it.
    if (/[\w$\u0080-\uffff]$/.test(text)) text += " ";
    const newStart = text.length;
    text += replacement;
    if (/[\w$\u0080-\uffff]/.test(source.slice(macro.end, Math.min(macro.end + 1, body.end)))) text += " ";
    edits.push({ start: macro.start, end: macro.end, newStart, newEnd: text.length });
    if (macro.kind === "embed" && macro.column === null)
      embeds.push({ name: macro.name, start: newStart, end: newStart + replacement.length });
    at = macro.end;
  }
  text += source.slice(at, body.end);

  return {
    text,
    params: [...numbers].map(([name, param]) => ({ name, ...param })),
    embeds,
    errors,
    toFile: (offset) => toFile(edits, body.start, offset),
  };
}

function toFile(edits: readonly Edit[], bodyStart: number, offset: number): number {
  let delta = bodyStart;
  for (const edit of edits) {
    if (offset < edit.newStart) break;
    if (offset < edit.newEnd) return edit.start;
    delta = edit.end - edit.newEnd;
  }
  return offset + delta;
}

class Scanner {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #macros: Macro[] = [];
  readonly #positional: { number: number }[] = [];
  readonly #errors: MacroError[] = [];

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  scan(): { macros: Macro[]; positional: { number: number }[]; errors: MacroError[] } {
    for (let i = 0; i < this.#tokens.length; i++) {
      const token = this.#tokens[i]!;
      if (token.kind === "param") this.#positional.push({ number: Number(this.#text(i).slice(1)) });
      else if (token.kind === "operator") i += this.#atSign(i);
      else if (token.kind === "word" && this.#word(i) === "sqlc") i = this.#call(i);
    }
    return { macros: this.#macros, positional: this.#positional, errors: this.#errors };
  }

  #text(i: number): string {
    const token = this.#tokens[i];
    return token ? this.#source.slice(token.start, token.end) : "";
  }

  #word(i: number): string {
    return this.#tokens[i]?.kind === "word" ? this.#text(i).toLowerCase() : "";
  }

  /** `@name`, also directly behind an operator: `=@name`. Returns how many more tokens it took. */
  #atSign(i: number): number {
    const operator = this.#tokens[i]!;
    const name = this.#tokens[i + 1];
    const text = this.#text(i);
    if (!text.endsWith("@") || AT_OPERATORS.has(text)) return 0;
    if (name?.kind !== "word" || name.start !== operator.end) return 0;
    this.#macros.push({
      kind: "arg",
      name: this.#text(i + 1),
      reference: "",
      list: null,
      column: null,
      start: operator.end - 1,
      end: name.end,
    });
    return 1;
  }

  /** `sqlc.…(…)`. Returns the index of the last token that it took. */
  #call(i: number): number {
    const called = this.#word(i + 2);
    if (this.#text(i + 1) !== "." || called === "" || this.#text(i + 3) !== "(") return i;
    const close = this.#closing(i + 3);
    if (close === -1) return i;
    const start = this.#tokens[i]!.start;
    const end = this.#tokens[close]!.end;
    const fail = (code: string, message: string, hint: string): number => {
      this.#errors.push({ code, message, hint, start, end });
      return close;
    };

    const kind = MACROS.find((known) => known === called);
    if (!kind) {
      const nearest = [...MACROS].sort((a, b) => leven(a, called) - leven(b, called))[0]!;
      const hint = `Did you mean sqlc.${nearest}? There are ${MACROS.map((known) => `sqlc.${known}`).join(", ")}.`;
      return fail("macro-unknown", `function "sqlc.${called}" does not exist`, hint);
    }
    const args = this.#arguments(i + 4, close);
    if (args.length !== 1) {
      return fail(
        "macro-arguments",
        `expected 1 parameter to sqlc.${kind}; got ${args.length}`,
        `Write sqlc.${kind}(name).`,
      );
    }
    const [from, to] = args[0]!;
    const argument = this.#argument(kind, from, to);
    if (!argument) {
      const got = from < to ? this.#source.slice(this.#tokens[from]!.start, this.#tokens[to - 1]!.end) : "";
      return fail(
        "macro-argument",
        `expected parameter to sqlc.${kind} to be string or reference; got "${got}"`,
        `Write a name (sqlc.${kind}(author_id)) or a string (sqlc.${kind}('authorId')).`,
      );
    }
    if (kind === "embed") return this.#embed(i, close, argument);
    const list = kind === "slice" ? this.#inList(i, close) : null;
    this.#macros.push({
      kind,
      ...argument,
      start: list ? this.#tokens[list.first]!.start : start,
      end: list ? this.#tokens[close + 1]!.end : end,
      list: list?.operator ?? null,
      column: null,
    });
    return list ? close + 1 : close;
  }

  /** `sqlc.embed(p)`, and `sqlc.embed(p) as publisher`, which PostgreSQL has no name for. */
  #embed(
    call: number,
    close: number,
    argument: { readonly name: string; readonly reference: string },
  ): number {
    const label = this.#word(close + 1) === "as" ? this.#label(close + 2) : null;
    const last = label === null ? close : close + 2;
    const isInside = label !== null && this.#depth(call) > 0;
    this.#macros.push({
      kind: "embed",
      name: label ?? argument.name,
      reference: argument.reference,
      start: this.#tokens[call]!.start,
      end: this.#tokens[last]!.end,
      list: null,
      column: isInside ? `${argument.reference} as ${this.#text(last)}` : null,
    });
    return last;
  }

  #label(i: number): string | null {
    const kind = this.#tokens[i]?.kind;
    if (kind === "word") return this.#word(i);
    return kind === "quoted" && this.#text(i).startsWith('"') ? unquote(this.#text(i)) : null;
  }

  /** Counts the parentheses that are open in front of a token. */
  #depth(index: number): number {
    return this.#tokens.slice(0, index).reduce((depth, { start, end }) => {
      const text = end === start + 1 ? this.#source[start] : "";
      return depth + (text === "(" ? 1 : text === ")" ? -1 : 0);
    }, 0);
  }

  #closing(open: number): number {
    let depth = 0;
    for (let i = open; i < this.#tokens.length; i++) {
      if (this.#text(i) === "(") depth++;
      else if (this.#text(i) === ")" && --depth === 0) return i;
    }
    return -1;
  }

  /** The arguments as ranges of token indexes. */
  #arguments(from: number, close: number): [number, number][] {
    if (from === close) return [];
    const args: [number, number][] = [];
    let depth = 0;
    let start = from;
    for (let i = from; i < close; i++) {
      const text = this.#text(i);
      if (text === "(" || text === "[") depth++;
      else if (text === ")" || text === "]") depth--;
      else if (text === "," && depth === 0) {
        args.push([start, i]);
        start = i + 1;
      }
    }
    return [...args, [start, close]];
  }

  #argument(kind: MacroKind, from: number, to: number): { name: string; reference: string } | null {
    const first = this.#text(from);
    if (this.#tokens[from]?.kind === "string") {
      if (to - from !== 1 || !first.startsWith("'")) return null;
      const name = unquote(first);
      return { name, reference: /^[A-Za-z_][\w$]*$/.test(name) ? name : quoteIdentifier(name) };
    }
    const parts: string[] = [];
    for (let i = from; i < to; i++) {
      const token = this.#tokens[i]!;
      if ((i - from) % 2 === 1) {
        if (this.#text(i) !== ".") return null;
      } else if (token.kind === "word") parts.push(this.#word(i));
      else if (token.kind === "quoted" && this.#text(i).startsWith('"')) parts.push(unquote(this.#text(i)));
      else return null;
    }
    if (parts.length === 0 || parts.length * 2 - 1 !== to - from) return null;
    return {
      // sqlc joins the parts of a parameter's name; an embed is known by its table.
      name: kind === "embed" ? parts.at(-1)! : parts.join(""),
      reference: this.#source.slice(this.#tokens[from]!.start, this.#tokens[to - 1]!.end),
    };
  }

  /** Tells whether the call at tokens `call` to `close` is all that an `in (…)` holds. */
  #inList(call: number, close: number): { first: number; operator: string } | null {
    if (this.#text(call - 1) !== "(" || this.#text(close + 1) !== ")" || this.#word(call - 2) !== "in")
      return null;
    const negated = this.#word(call - 3) === "not";
    const first = negated ? call - 3 : call - 2;
    const [operator, quantifier] = negated ? ["<>", "all"] : ["=", "any"];
    // `=` binds less tightly than IN and does not chain; `operator(…)` binds more tightly than both.
    const plain = !this.#besideComparison(first, close + 1);
    return {
      first,
      operator: plain ? `${operator} ${quantifier}` : `operator(pg_catalog.${operator}) ${quantifier}`,
    };
  }

  #besideComparison(first: number, last: number): boolean {
    const comparison = /^(?:=|<|>|<=|>=|<>|!=)$/;
    if (comparison.test(this.#text(last + 1))) return true;
    let depth = 0;
    for (let i = first - 1; i >= 0; i--) {
      const text = this.#text(i);
      if (text === ")" || text === "]") depth++;
      else if (text === "(" || text === "[") {
        if (depth === 0) return false;
        depth--;
      } else if (depth > 0) continue;
      else if (comparison.test(text)) return true;
      else if (
        text === "," ||
        /^(?:and|or|not|where|on|having|when|then|else|select|case|set|returning|filter)$/.test(this.#word(i))
      ) {
        return false;
      }
    }
    return false;
  }
}
