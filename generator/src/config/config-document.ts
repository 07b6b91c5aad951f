import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";
import type { Diagnostic, Span } from "../model/diagnostic.ts";

export type Path = readonly PropertyKey[];

/** By the code of YAML's error. */
const HINTS: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS:
    "A configuration is one document, of which sqlc reads the first alone: join the entries below one `sql:`, without `---`.",
  TAB_AS_INDENT: "Use spaces.",
  DUPLICATE_KEY: "A key stands once: take one of the two out.",
};
const OF_LAYOUT =
  "Look at this line's indentation and quotes, and at those of the line above: keys of one entry stand at one column.";

/** A configuration file that knows where each of its keys and values stands. YAML includes JSON. */
export class ConfigDocument {
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly #document: ReturnType<typeof parseDocument>;
  readonly #shift: number;
  readonly #length: number;

  constructor(file: string, text: string) {
    this.file = file;
    this.#shift = text.startsWith("\uFEFF") ? 1 : 0;
    this.#length = text.length;
    this.#document = parseDocument(text.slice(this.#shift), { merge: true, prettyErrors: false });
    this.diagnostics = this.#document.errors.map((error) => ({
      code: "config-syntax",
      severity: "error",
      message: error.code === "MULTIPLE_DOCS" ? "a second YAML document begins here" : error.message,
      hint: HINTS[error.code] ?? OF_LAYOUT,
      span: this.#span(error.pos[0], error.pos[1]),
    }));
  }

  /** As plain values; a key without a value counts as absent, as it does in sqlc. */
  value(): unknown {
    return withoutNulls(this.#document.toJS());
  }

  /** Finds where the value at a path stands, or, where there is none, the nearest thing around it. */
  valueSpan(path: Path): Span {
    let node: Node | null = this.#document.contents as Node | null;
    let span = this.#nodeSpan(node);
    for (const step of path) {
      const next: Node | null = this.#child(node, step)?.value ?? null;
      if (!next) break;
      node = next;
      span = this.#nodeSpan(node);
    }
    return span;
  }

  /** Finds where the key at a path stands. */
  keySpan(path: Path): Span {
    const step = path.at(-1);
    let node: Node | null = this.#document.contents as Node | null;
    for (const parent of path.slice(0, -1)) node = this.#child(node, parent)?.value ?? null;
    const key = step === undefined ? null : this.#child(node, step)?.key;
    return key ? this.#nodeSpan(key) : this.valueSpan(path);
  }

  #child(parent: Node | null, step: PropertyKey): { key: Node | null; value: Node | null } | null {
    const node = isAlias(parent) ? (parent.resolve(this.#document) ?? null) : parent;
    if (isSeq(node)) return { key: null, value: (node.items[Number(step)] as Node | undefined) ?? null };
    if (!isMap(node)) return null;
    for (const { key, value } of node.items) {
      if (isScalar(key) && String(key.value) === String(step)) return { key, value: value as Node | null };
    }
    return null;
  }

  #nodeSpan(node: Node | null): Span {
    const range = node?.range;
    // A whole block is too much to underline: its first character shows the place.
    if (isMap(node) || isSeq(node)) return this.#span(range?.[0] ?? 0, range?.[0] ?? 0);
    return this.#span(range?.[0] ?? 0, range?.[1] ?? 0);
  }

  #span(start: number, end: number): Span {
    const clamp = (offset: number): number => Math.min(offset + this.#shift, this.#length);
    return { file: this.file, start: clamp(start), end: clamp(Math.max(start, end)) };
  }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
}
