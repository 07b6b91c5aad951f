import { TemplateError } from "./template-error.ts";

export interface TemplateFile {
  readonly path: string;
  readonly text: string;
}

/** Offsets are those of the template's file. */
interface At {
  readonly start: number;
  readonly end: number;
}

export type TemplateNode = At &
  (
    | { readonly kind: "text" }
    | { readonly kind: "action"; readonly expression: Expression }
    | { readonly kind: "template"; readonly name: string; readonly passesData: boolean }
    | { readonly kind: "if"; readonly branches: readonly Branch[] }
  );

interface Branch {
  /** Null for `else`. */
  readonly condition: Expression | null;
  readonly body: readonly TemplateNode[];
}

/** Commands, each of which gives its result to the next. */
export type Expression = readonly Command[];

export interface Command {
  readonly operands: readonly Operand[];
}

export type Operand =
  /** A key word or the name of a function. */
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "field"; readonly text: string }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "group"; readonly expression: Expression };

/** A hyphen beside a delimiter takes the white space before or after the action away. */
const ACTION = /\{\{(-\s)?((?:"(?:\\.|[^"\\])*"|`[^`]*`|\/\*[\s\S]*?\*\/|(?!\}\})[^"`])*?)(\s-)?\}\}/g;
const TOKEN =
  /\s*(?:("(?:\\.|[^"\\])*"|`[^`]*`)|(-?\d+(?:\.\d+)?)|(?:\$?\.([A-Za-z_]\w*))(?![\w.])|([A-Za-z_]\w*)|([|()]))/y;

const BLOCKS: ReadonlySet<string> = new Set("range with define block break continue".split(" "));

/** @throws TemplateError where the template is not well-formed, or goes beyond what is known here */
export function parseTemplate(file: TemplateFile): TemplateNode[] {
  return new Parser(file).all();
}

interface Action extends At {
  readonly body: string;
}

class Parser {
  readonly #file: TemplateFile;
  readonly #parts: (Action | At)[] = [];
  #at = 0;

  constructor(file: TemplateFile) {
    this.#file = file;
    let from = 0;
    let trims = false;
    const addText = (end: number, trimsEnd: boolean): void => {
      const text = file.text.slice(from, end);
      const start = trims ? from + (text.length - text.trimStart().length) : from;
      const stop = trimsEnd ? from + text.trimEnd().length : end;
      if (stop > start) this.#parts.push({ start, end: stop });
    };
    for (const match of file.text.matchAll(ACTION)) {
      const [whole, before, body = "", after] = match;
      addText(match.index, before !== undefined);
      const action = { start: match.index, end: match.index + whole.length, body: body.trim() };
      if (!action.body.startsWith("/*")) this.#parts.push(action);
      from = action.end;
      trims = after !== undefined;
    }
    const open = file.text.indexOf("{{", from);
    if (open !== -1) throw this.#error("an action is not closed", { start: open, end: open + 2 });
    addText(file.text.length, false);
  }

  all(): TemplateNode[] {
    const nodes = this.#until([]);
    const left = this.#parts[this.#at];
    if (left) throw this.#error("there is nothing that this ends", left);
    return nodes;
  }

  /** The nodes up to an action that begins with one of the words, which is left; or up to the end. */
  #until(words: readonly string[]): TemplateNode[] {
    const nodes: TemplateNode[] = [];
    for (; this.#at < this.#parts.length; this.#at++) {
      const part = this.#parts[this.#at]!;
      const { start, end } = part;
      if (!("body" in part)) nodes.push({ kind: "text", start, end });
      else {
        const word = /^[a-z]+\b/.exec(part.body)?.[0] ?? "";
        if (words.includes(word) || word === "end" || word === "else") return nodes;
        nodes.push({ ...this.#node(part, word), start, end });
      }
    }
    return nodes;
  }

  #node(action: Action, word: string) {
    if (word === "if") return this.#condition(action);
    if (word === "template") {
      const [, name, data] = /^template\s+("(?:\\.|[^"\\])*"|`[^`]*`)\s*([.$]?)$/.exec(action.body) ?? [];
      if (name === undefined) throw this.#error("what is included is not named by a string", action);
      return { kind: "template", name: unquoted(name), passesData: data !== "" } as const;
    }
    if (BLOCKS.has(word)) throw this.#error(`\`${word}\` is not understood here`, action);
    return { kind: "action", expression: this.#expression(action.body, action) } as const;
  }

  #condition(opening: Action) {
    const branches: Branch[] = [];
    let condition: Expression | null = this.#expression(opening.body.slice("if".length), opening);
    for (;;) {
      this.#at++;
      branches.push({ condition, body: this.#until(["else", "end"]) });
      const next = this.#parts[this.#at];
      if (!next || !("body" in next)) throw this.#error("`if` has no `end`", opening);
      if (next.body === "end") return { kind: "if", branches } as const;
      const [, elseIf] = /^else(?:\s+if\b([\s\S]*))?$/.exec(next.body) ?? [];
      if (condition === null) throw this.#error("`else` comes after `else`", next);
      condition = elseIf === undefined ? null : this.#expression(elseIf, next);
    }
  }

  #expression(body: string, at: At): Expression {
    let from = 0;
    const next = (): RegExpExecArray | null => {
      TOKEN.lastIndex = from;
      const token = TOKEN.exec(body);
      if (token) from = TOKEN.lastIndex;
      return token;
    };
    const pipeline = (isGroup: boolean): Expression => {
      const commands: Command[] = [];
      let operands: Operand[] = [];
      for (let token = next(); ; token = next()) {
        if (token === null && body.slice(from).trim() !== "") {
          throw this.#error(`"${body.slice(from).trim()}" is not understood here`, at);
        }
        const [, string, number, field, word, sign] = token ?? [];
        if (token === null || sign === "|" || sign === ")") {
          if (operands.length === 0) throw this.#error("the action says nothing", at);
          commands.push({ operands });
          operands = [];
          if (sign === "|") continue;
          if ((sign === ")") !== isGroup) throw this.#error("a parenthesis is missing", at);
          return commands;
        }
        if (string !== undefined) operands.push({ kind: "string", text: unquoted(string) });
        else if (number !== undefined) operands.push({ kind: "number", text: number });
        else if (field !== undefined) operands.push({ kind: "field", text: field });
        else if (word !== undefined) operands.push({ kind: "word", text: word });
        else operands.push({ kind: "group", expression: pipeline(true) });
      }
    };
    return pipeline(false);
  }

  #error(message: string, { start, end }: At): TemplateError {
    return new TemplateError("template-unsupported", message, { file: this.#file.path, start, end });
  }
}

function unquoted(literal: string): string {
  const inner = literal.slice(1, -1);
  return literal.startsWith("`") ? inner : inner.replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? c);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
