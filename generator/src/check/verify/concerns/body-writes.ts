import { tokenize } from "../../../sql/lexer.ts";
import { nameOf } from "../../../sql/quoting.ts";

/** What a statement can do to the rows of a table. */
export type Write = "insert" | "update" | "delete";

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
  const words = tokenize(body)
    .filter(({ kind }) => !kind.endsWith("comment"))
    .map(({ kind, start, end }) => ({ kind, text: body.slice(start, end) }));
  const lower = words.map(({ kind, text }) => (kind === "word" ? text.toLowerCase() : ""));
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

/** What stands between the word and the name. */
const INTRODUCING = new Set(["into", "from", "only", "table"]);

const KINDS: Readonly<Record<string, readonly Write[]>> = {
  insert: ["insert"],
  update: ["update"],
  delete: ["delete"],
  merge: ["insert", "update", "delete"],
  truncate: ["delete"],
};

function anywhere(body: string): BodyWrites {
  const kinds = Object.entries(KINDS).flatMap(([word, own]) =>
    new RegExp(`\\b${word}\\b`, "i").test(body) ? own : [],
  );
  return () => kinds;
}
