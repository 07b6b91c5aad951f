/**
 * Reads what PostgreSQL's `nodeToString` prints (`prosqlbody`, `ev_action`, `conbin`, `adbin`):
 * `{NODE :field value …}`, lists `(…)`, `(i 1 2)`, `(o 1 2)`, bitmapsets `(b 1 2)`, `<>` for null.
 */
export interface Node {
  readonly node: string;
  readonly [field: string]: Value;
}
export type Value = null | boolean | number | string | Node | readonly Value[];

export class NodeTreeError extends Error {
  override readonly name = "NodeTreeError";
}

/** @throws NodeTreeError where the text is not a node tree. */
export function readNodeTree(text: string): Value {
  return new Reader(text).read();
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Value {
    this.#skipSpace();
    const c = this.#text[this.#at];
    if (c === "{") return this.#node();
    if (c === "(") return this.#list();
    if (c === '"') return this.#quoted();
    return scalar(this.#token());
  }

  #node(): Node {
    this.#at++;
    const node: Record<string, Value> = { node: this.#token() };
    for (;;) {
      this.#skipSpace();
      const c = this.#text[this.#at];
      if (c === "}") {
        this.#at++;
        return node as unknown as Node;
      }
      if (c !== ":") throw new NodeTreeError(`expected a field at ${this.#at}`);
      this.#at++;
      const field = this.#token();
      node[field] = field === "constvalue" ? this.#datum() : this.#fieldValue();
    }
  }

  /** A field may hold several bare values (`:colvalues 1 2`); the first one names it, the rest is kept in a list. */
  #fieldValue(): Value {
    const first = this.read();
    this.#skipSpace();
    let c = this.#text[this.#at];
    if (c === ":" || c === "}") return first;
    const values: Value[] = [first];
    while (c !== ":" && c !== "}") {
      values.push(this.read());
      this.#skipSpace();
      c = this.#text[this.#at];
      if (c === undefined) throw new NodeTreeError("unexpected end");
    }
    return values;
  }

  /** A constant's bytes: `4 [ 1 0 0 0 ]`, as printed by outDatum; signed. */
  #datum(): Value {
    this.#skipSpace();
    if (this.#text.startsWith("<>", this.#at)) {
      this.#at += 2;
      return null;
    }
    const length = Number(this.#token());
    const bytes: number[] = [];
    this.#skipSpace();
    this.#at++;
    for (;;) {
      const token = this.#token();
      if (token === "]") break;
      bytes.push(Number(token) & 0xff);
    }
    // Fixed-size values passed by value are printed as the whole 8-byte Datum.
    return bytes.length > length ? bytes.slice(0, length) : bytes;
  }

  #list(): Value {
    this.#at++;
    const items: Value[] = [];
    this.#skipSpace();
    const kind = this.#text[this.#at];
    const after = this.#text[this.#at + 1];
    if ((kind === "i" || kind === "o" || kind === "b" || kind === "x") && (after === " " || after === ")"))
      this.#at++;
    for (;;) {
      this.#skipSpace();
      const c = this.#text[this.#at];
      if (c === undefined) throw new NodeTreeError("unexpected end");
      if (c === ")") {
        this.#at++;
        return items;
      }
      items.push(this.read());
    }
  }

  #quoted(): string {
    let out = "";
    let at = this.#at + 1;
    for (;;) {
      const c = this.#text[at];
      if (c === undefined) throw new NodeTreeError("unterminated string");
      if (c === '"') break;
      if (c === "\\") out += this.#text[++at] ?? "";
      else out += c;
      at++;
    }
    this.#at = at + 1;
    return out;
  }

  #token(): string {
    this.#skipSpace();
    const text = this.#text;
    let at = this.#at;
    let out = "";
    const start = at;
    let escaped = false;
    for (; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c === 92) {
        if (!escaped) {
          out = text.slice(start, at);
          escaped = true;
        }
        at++;
        out += text[at] ?? "";
        continue;
      }
      // space, newline, tab, ( ) { }
      if (c === 32 || c === 10 || c === 9 || c === 40 || c === 41 || c === 123 || c === 125) break;
      if (escaped) out += text[at];
    }
    if (at === start) throw new NodeTreeError(`expected a token at ${at}`);
    this.#at = at;
    return escaped ? out : text.slice(start, at);
  }

  #skipSpace(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c === 32 || c === 10 || c === 9) this.#at++;
      else return;
    }
  }
}

function scalar(token: string): Value {
  if (token === "<>") return null;
  if (token === "true") return true;
  if (token === "false") return false;
  const c = token.charCodeAt(0);
  if ((c >= 48 && c <= 57) || c === 45) {
    const n = Number(token);
    if (!Number.isNaN(n)) return n;
  }
  return token;
}

/** The value as a node, or null. */
export function asNode(value: Value | undefined): Node | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Node) : null;
}

/** The value as a list of nodes; empty where it is `<>`. */
export function asNodes(value: Value | undefined): readonly Node[] {
  return Array.isArray(value) ? (value as Node[]) : [];
}

/** The value as a list of anything; empty where it is `<>`. */
export function asList(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? (value as Value[]) : [];
}

export function asNumber(value: Value | undefined): number {
  return typeof value === "number" ? value : 0;
}

/** Names that look like numbers or booleans come back from the reader as such. */
export function asName(value: Value | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

/** The expression under casts that change its type's name or format only. */
export function withoutCoercion(node: Node): Node {
  switch (node.node) {
    case "RELABELTYPE":
    case "ARRAYCOERCEEXPR":
    case "COERCEVIAIO":
    case "COLLATEEXPR":
    case "COERCETODOMAIN": {
      const arg = asNode(node.arg);
      return arg ? withoutCoercion(arg) : node;
    }
    case "FUNCEXPR": {
      // COERCE_EXPLICIT_CAST 1, COERCE_IMPLICIT_CAST 2
      const format = asNumber(node.funcformat);
      const arg = asNodes(node.args)[0];
      return (format === 1 || format === 2) && arg ? withoutCoercion(arg) : node;
    }
    default:
      return node;
  }
}
