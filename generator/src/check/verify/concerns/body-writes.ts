import { tokenize } from "../../../sql/lexer.ts";
import { nameOf } from "../../../sql/quoting.ts";

/** What a statement can do to the rows of a table. */
export type Write = "insert" | "update" | "delete" | "truncate";

/** Tells what the body of a function may do to the table or view of a name, in lower case and without its schema. */
export type BodyWrites = (name: string) => readonly Write[];

const NONE: BodyWrites = () => [];

/** What is known of a function or procedure. */
interface Routine {
  readonly language: string;
  readonly body: string;
  readonly attributes: readonly string[];
}

/** Tells whether its text leaves open what it writes to: it is made while it runs, or of another language. */
export const isOpen = ({ language, body }: Pick<Routine, "language" | "body">): boolean =>
  !/^(?:sql|plpgsql)$/.test(language) || /\bexecute\b/i.test(body);

/** Tells whether PostgreSQL looked up the names of a body when it was made, as those of an expression of a view. */
export const isParsed = (body: string): boolean => /^(?:RETURN|BEGIN ATOMIC)\s/.test(body);

/**
 * Finds what the text of a function's body writes to: the names that stand where one of INSERT, UPDATE, DELETE, MERGE or TRUNCATE has its
 * table. Where the text is made while it runs, or is of another language, every name counts for every kind that is written anywhere in it.
 */
export function writesOf(routine: Routine): BodyWrites {
  const { body } = routine;
  // PostgreSQL lets none but a volatile function write.
  if (!routine.attributes.includes("volatile")) return NONE;
  if (isOpen(routine)) return anywhere(body);
  const found = new Map<string, Set<Write>>();
  const add = (name: string, kinds: readonly Write[]): void => {
    found.set(name, new Set([...(found.get(name) ?? []), ...kinds]));
  };
  const words = writtenWords(body);
  const lower = plainWords(words);
  const upserts = lower.some((word, i) => word === "do" && lower[i + 1] === "update");
  for (const [i, word] of lower.entries()) {
    const kinds = KINDS[word];
    if (kinds === undefined) continue;
    for (const name of namesFrom(i + 1))
      add(name, word === "insert" && upserts ? ["insert", "update"] : kinds);
  }
  return (name) => [...(found.get(name) ?? [])];

  /** The names of a list, each without its schema; TRUNCATE has more than one. */
  function* namesFrom(from: number): Iterable<string> {
    let at = from;
    while (INTRODUCING.has(lower[at] ?? "")) at++;
    for (;;) {
      while (words[at + 1]?.text === ".") at += 2;
      const { kind, text } = words[at] ?? { kind: "string", text: "" };
      if (kind !== "word" && kind !== "quoted") return;
      yield nameOf(text).toLowerCase();
      if (words[at + 1]?.text !== ",") return;
      at += 2;
    }
  }
}

interface Word {
  readonly kind: string;
  readonly text: string;
}

const writtenWords = (body: string): readonly Word[] =>
  tokenize(body)
    .filter(({ kind }) => !kind.endsWith("comment"))
    .map(({ kind, start, end }) => ({ kind, text: body.slice(start, end) }));

/** In lower case; "" for what is no word. */
const plainWords = (words: readonly Word[]): readonly string[] =>
  words.map(({ kind, text }) => (kind === "word" ? text.toLowerCase() : ""));

/** Tells whether the body of a function may leave a column to its default, in a table or view of a name; both without schema, in lower case. */
export type BodyDefaults = (table: string, column: string) => boolean;

/**
 * Finds what the text of a function's body leaves to its default: the columns that an INSERT does not list, those of one that lists none, and any
 * where the word DEFAULT stands for a value, or where the text leaves open what it writes.
 */
export function defaultsOf(routine: Routine): BodyDefaults {
  if (!routine.attributes.includes("volatile")) return () => false;
  const { body } = routine;
  if (isOpen(routine)) {
    const mayLeave = /\binsert\b|\bdefault\b/i.test(body);
    return () => mayLeave;
  }
  const words = writtenWords(body);
  const lower = plainWords(words);
  const isWord = lower.some((word, i) => word === "default" && /^[=(,]$/.test(words[i - 1]?.text ?? ""));
  if (isWord) return () => true;
  const listed = new Map<string, (ReadonlySet<string> | null)[]>();
  let merged = "";
  for (const [i, word] of lower.entries()) {
    if (word === "merge" && lower[i + 1] === "into") merged = nameAt(i + 2).name;
    if (word !== "insert") continue;
    const isMerged = lower[i + 1] !== "into";
    const { name, next } = isMerged ? { name: merged, next: i + 1 } : nameAt(i + 2);
    listed.set(name, [...(listed.get(name) ?? []), listAt(lower[next] === "as" ? next + 2 : next)]);
  }
  return (table, column) => (listed.get(table) ?? []).some((columns) => !columns?.has(column));

  /** The name that begins at a word, without its schema, and where the text goes on. */
  function nameAt(from: number): { readonly name: string; readonly next: number } {
    let at = from;
    while (words[at + 1]?.text === ".") at += 2;
    return { name: nameOf(words[at]?.text ?? "").toLowerCase(), next: at + 1 };
  }

  /** The columns in a list in brackets; null where there is none. */
  function listAt(from: number): ReadonlySet<string> | null {
    if (words[from]?.text !== "(" || lower[from + 1] === "select" || lower[from + 1] === "values")
      return null;
    const columns = new Set<string>();
    for (let at = from + 1; at < words.length && words[at]!.text !== ")"; at++)
      if (words[at]!.text !== ",") columns.add(nameOf(words[at]!.text).toLowerCase());
    return columns;
  }
}

/** What stands between the word and the name. */
const INTRODUCING = new Set(["into", "from", "only", "table"]);

const KINDS: Readonly<Record<string, readonly Write[]>> = {
  insert: ["insert"],
  update: ["update"],
  delete: ["delete"],
  merge: ["insert", "update", "delete"],
  truncate: ["delete", "truncate"],
};

function anywhere(body: string): BodyWrites {
  const kinds = Object.entries(KINDS).flatMap(([word, own]) =>
    new RegExp(`\\b${word}\\b`, "i").test(body) ? own : [],
  );
  return () => kinds;
}
