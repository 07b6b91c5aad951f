import type { Datum } from "./datum.ts";
import type { Decoder, Field, Layout, Layouts } from "./layouts.ts";
import type { AnyNode } from "./node-types.ts";
import { UnreadableTreeError } from "./unreadable-tree-error.ts";

/** A node, a list (`prosqlbody` has lists in a list), or a null pointer. */
export type Tree = AnyNode | readonly Tree[] | null;

const SPACE = 32;
const OPEN_LIST = 40;
const CLOSE_LIST = 41;
const COLON = 58;
const LESS = 60;
const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BYTES = 91;
const OPEN_NODE = 123;
const CLOSE_NODE = 125;
const ZERO = 48;
const NINE = 57;
const MINUS = 45;

/** What a name or a value has not where it is plain. */
const SPECIAL = /[\\(){}\s]/;

type MutableNode = Record<string, unknown>;

/** Goes through the text of one tree from its begin to its end. */
export class TreeReader {
  readonly #text: string;
  readonly #layouts: Layouts;
  #at = 0;
  /** What is being read, for errors. */
  #layout: Layout | null = null;
  #field: Field | null = null;

  constructor(text: string, layouts: Layouts) {
    this.#text = text;
    this.#layouts = layouts;
  }

  /** Gives what `read` reads, after which there has to be nothing. */
  whole<T>(read: () => T): T {
    this.#skipSpace();
    const result = read();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#error("something follows the end of the tree");
    return result;
  }

  tree(): Tree {
    this.#skipSpace();
    const c = this.#text.charCodeAt(this.#at);
    if (c !== OPEN_LIST) return this.#node(null);
    this.#at++;
    const elements: Tree[] = [];
    while (!this.#closes()) elements.push(this.tree());
    return elements;
  }

  value(decoder: Decoder): unknown {
    switch (decoder.is) {
      case "number":
        return this.#number();
      case "boolean":
        return this.#boolean();
      case "node":
        return this.#node(decoder);
      case "list":
        return this.#list(decoder.element!);
      case "enum": {
        const token = this.#token();
        const constant = decoder.constants!.get(token);
        if (constant === undefined) throw this.#error(`${token} is no ${decoder.name}`);
        return constant;
      }
      case "char":
        return this.#string() ?? "";
      case "string":
      case "string?": {
        const string = this.#string();
        if (string === null && decoder.is === "string") throw this.#error("is null");
        return string;
      }
      case "Bitmapset":
        return this.#numbers("b");
      case "Datum":
        return this.#datum();
      case "either":
        return this.#list(this.#text.startsWith("(i", this.#at) ? decoder.element! : decoder.nodes!);
    }
  }

  /** @param wanted null: whatever stands there */
  #node(wanted: Decoder | null): AnyNode | null {
    const text = this.#text;
    if (text.charCodeAt(this.#at) !== OPEN_NODE) {
      if (!this.#isNull()) throw this.#error(`expected a node, found ${this.#excerpt()}`);
      if (wanted?.nullable === false) throw this.#error("is null");
      return null;
    }
    this.#at++;
    const label = this.#token();
    const layout = this.#layouts.layout(label);
    if (!layout) throw this.#error(`there is no node ${label}`);
    const { kind } = layout;
    const isOther = layout.isOther || wanted?.isOther === true;
    if (wanted && !wanted.kinds!.has(isOther ? "Other" : kind)) {
      throw this.#error(`a ${kind} stands where only ${wanted.name} can`);
    }
    if (isOther) {
      this.#skipNode();
      return { kind: "OtherNode", tag: kind };
    }
    const outer = this.#layout;
    const outerField = this.#field;
    this.#layout = layout;
    const node: MutableNode = { kind };
    this.#fields(node, layout.fields);
    if (layout.variants) {
      const variant = node[layout.fields.at(-1)!.name] as string;
      this.#fields(node, layout.variants.get(variant)!);
    }
    if (text.charCodeAt(this.#at) !== CLOSE_NODE) {
      this.#skipSpace();
      if (text.charCodeAt(this.#at) !== CLOSE_NODE) throw this.#unexpectedField(null);
    }
    this.#at++;
    this.#layout = outer;
    this.#field = outerField;
    return node as unknown as AnyNode;
  }

  #fields(node: MutableNode, fields: readonly Field[]): void {
    // By index, and with a position of its own: most of this is run before V8 has optimized it.
    const text = this.#text;
    const { length } = fields;
    let at = this.#at;
    for (let i = 0; i < length; i++) {
      const field = fields[i]!;
      if (text.startsWith(field.usual, at)) {
        // What goes on behind it, as in `falsely`, is no field.
        at += field.usual.length;
        node[field.name] = field.usualValue;
        continue;
      }
      if (text.startsWith(field.prefix, at)) this.#at = at + field.prefix.length;
      else {
        this.#at = at;
        this.#fieldApart(field);
      }
      this.#field = field;
      node[field.name] = this.value(field.decoder);
      at = this.#at;
    }
    this.#at = at;
  }

  /** A field that other space than usual stands around, or none at all. */
  #fieldApart(field: Field): void {
    this.#skipSpace();
    const start = this.#at;
    if (this.#text.charCodeAt(start) !== COLON) throw this.#unexpectedField(field);
    this.#at++;
    if (this.#token() !== field.printed) {
      this.#at = start;
      throw this.#unexpectedField(field);
    }
    this.#skipSpace();
  }

  #unexpectedField(wanted: Field | null): UnreadableTreeError {
    this.#field = wanted;
    const isField = this.#text.charCodeAt(this.#at) === COLON;
    if (isField) this.#at++;
    const found = isField ? this.#token() : null;
    const what = found === null ? this.#excerpt() : `the field ${found}`;
    if (wanted === null) return this.#error(`${what} is not known`);
    return this.#error(`expected the field ${wanted.printed}, found ${what}`);
  }

  /** To behind its end, without a look at what is in it. */
  #skipNode(): void {
    const text = this.#text;
    let depth = 1;
    let at = this.#at;
    for (; depth > 0; at++) {
      const c = text.charCodeAt(at);
      if (Number.isNaN(c)) throw this.#error("the tree ends within a node");
      if (c === BACKSLASH) at++;
      else if (c === OPEN_NODE) depth++;
      else if (c === CLOSE_NODE) depth--;
    }
    this.#at = at;
  }

  #list(element: Decoder): readonly unknown[] {
    if (element.is === "number") return this.#numbers("io");
    if (this.#isNull()) return [];
    this.#open();
    const elements: unknown[] = [];
    while (!this.#closes()) {
      elements.push(
        element.is === "string" || element.is === "string?" ? this.#quoted(element.is) : this.value(element),
      );
    }
    return elements;
  }

  /** `(i 1 2)`, and for sets `(b)`, which are never null. */
  #numbers(letters: string): readonly number[] {
    if (letters !== "b" && this.#isNull()) return [];
    this.#open();
    if (!letters.includes(this.#text.charAt(this.#at))) {
      throw this.#error(`expected numbers, found ${this.#excerpt()}`);
    }
    this.#at++;
    const numbers: number[] = [];
    while (!this.#closes()) numbers.push(this.#number());
    return numbers;
  }

  #open(): void {
    if (this.#text.charCodeAt(this.#at) !== OPEN_LIST) {
      throw this.#error(`expected a list, found ${this.#excerpt()}`);
    }
    this.#at++;
  }

  /** Tells whether the list ends here; goes behind its end, or to its next element. */
  #closes(): boolean {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== CLOSE_LIST) {
      if (this.#at >= this.#text.length) throw this.#error("the tree ends within a list");
      return false;
    }
    this.#at++;
    return true;
  }

  /** A String node, in a list: a quote within it is not escaped, the end of the token is its end. */
  #quoted(is: "string" | "string?"): string | null {
    if (is === "string?" && this.#isNull()) return null;
    const isQuoted = this.#text.charCodeAt(this.#at) === QUOTE;
    const plain = isQuoted ? this.#plainQuoted() : null;
    if (plain !== null) return plain;
    const token = isQuoted ? this.#token() : "";
    if (token.length < 2 || !token.endsWith('"')) {
      throw this.#error(`expected a string, found ${token || this.#excerpt()}`);
    }
    return token.slice(1, -1);
  }

  /** A quoted name in which nothing is escaped, as nearly all are. */
  #plainQuoted(): string | null {
    const from = this.#at + 1;
    const end = this.#text.indexOf('"', from);
    const after = this.#text.charCodeAt(end + 1);
    if (end === -1 || (after !== SPACE && after !== CLOSE_LIST)) return null;
    const name = this.#text.slice(from, end);
    if (SPECIAL.test(name)) return null;
    this.#at = end + 1;
    return name;
  }

  #string(): string | null {
    if (this.#isNull()) return null;
    const { length } = this.#text;
    if (this.#text.startsWith('""', this.#at) && (this.#at + 2 === length || this.#endsAt(this.#at + 2))) {
      this.#at += 2;
      return "";
    }
    return this.#token();
  }

  #number(): number {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    const isNegative = text.charCodeAt(at) === MINUS;
    if (isNegative) at++;
    const first = at;
    let value = 0;
    for (;;) {
      const c = text.charCodeAt(at);
      if (!(c >= ZERO && c <= NINE)) break;
      value = value * 10 + (c - ZERO);
      at++;
    }
    if (at === first || !this.#endsAt(at)) throw this.#error(`expected a number, found ${this.#excerpt()}`);
    this.#at = at;
    return isNegative ? -value : value;
  }

  #boolean(): boolean {
    if (this.#text.startsWith("true", this.#at) && this.#endsAt(this.#at + 4)) {
      this.#at += 4;
      return true;
    }
    const token = this.#token();
    if (token !== "false") throw this.#error(`expected a boolean, found ${token}`);
    return false;
  }

  /** `4 [ 1 0 0 0 0 0 0 0 ]` */
  #datum(): Datum | null {
    if (this.#isNull()) return null;
    const start = this.#at;
    this.#number();
    const end = this.#text.indexOf("]", start);
    if (
      end === -1 ||
      !/\s/.test(this.#text.charAt(this.#at)) ||
      this.#text.charCodeAt(this.#at + 1) !== OPEN_BYTES
    ) {
      this.#at = start;
      throw this.#error(`expected a constant's bytes, found ${this.#excerpt()}`);
    }
    this.#at = end + 1;
    return this.#text.slice(start, end + 1) as Datum;
  }

  /** Tells whether `<>` stands here, and goes behind it. */
  #isNull(): boolean {
    if (this.#text.charCodeAt(this.#at) !== LESS || !this.#text.startsWith("<>", this.#at)) return false;
    this.#at += 2;
    return true;
  }

  /** Up to the next space, brace or parenthesis that no backslash stands before; without backslashes. */
  #token(): string {
    const start = this.#at;
    const text = this.#text;
    const space = text.indexOf(" ", start);
    const plain = space > start ? text.slice(start, space) : "";
    if (plain !== "" && !SPECIAL.test(plain)) {
      this.#at = space;
      return plain;
    }
    let at = start;
    let from = start;
    let before = "";
    for (; !this.#endsAt(at); at++) {
      if (text.charCodeAt(at) === BACKSLASH) {
        before += text.slice(from, at);
        from = ++at;
      }
    }
    if (at === start) throw this.#error(`expected a value, found ${this.#excerpt()}`);
    if (at > text.length) throw this.#error("the tree ends within a value");
    this.#at = at;
    return before === "" ? text.slice(from, at) : before + text.slice(from, at);
  }

  #endsAt(at: number): boolean {
    const c = this.#text.charCodeAt(at);
    return (
      c === SPACE ||
      c === CLOSE_NODE ||
      c === CLOSE_LIST ||
      c === 10 ||
      c === 9 ||
      c === OPEN_NODE ||
      c === OPEN_LIST ||
      Number.isNaN(c)
    );
  }

  #skipSpace(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c === SPACE || c === 10 || c === 9) this.#at++;
      else return;
    }
  }

  #excerpt(): string {
    return this.#at >= this.#text.length
      ? "the end"
      : JSON.stringify(this.#text.slice(this.#at, this.#at + 20));
  }

  #error(problem: string): UnreadableTreeError {
    return new UnreadableTreeError(
      this.#layouts.major,
      this.#layout?.kind ?? null,
      this.#field?.printed ?? null,
      problem,
    );
  }
}
