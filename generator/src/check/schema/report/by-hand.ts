import type { Span } from "../../../model/diagnostic.ts";
import type { CatalogObject } from "../catalog.ts";
import type { SchemaDiff } from "../diff.ts";
import { wordsOf } from "../sql/names.ts";

/** Says what to write where no migration is written for an object's change. */
export function byHand(object: CatalogObject): string {
  switch (object.kind) {
    case "column":
    case "table":
      return "PostgreSQL changes and moves no column that partitions are chosen by: make a new table, copy the rows, and let it take the old one's place.";
    case "range type":
    case "composite type":
    case "domain":
    case "enum":
      return "What it is made with has to go for a while: make a new type, convert the columns with `alter table … alter column … type … using …`, and drop the old one.";
    case "extension":
      return "PostgreSQL moves it to no other schema, and columns have its types: drop it, with `cascade` only where they may go, and create it there.";
    case "other":
      return `Write \`drop ${wordsOf(object.properties.type)} …\` and \`create ${wordsOf(object.properties.type)} …\` by hand, in a migration of its own.`;
    default:
      return "Write it by hand.";
  }
}

/** Says which change no migration is written for, and where it is made: the object's own, or that of what it stands on. */
export function unwritten(
  object: CatalogObject,
  { changes, base, head }: Pick<SchemaDiff, "changes" | "base" | "head">,
): { readonly message: string; readonly span?: Span } {
  const standing = new Set([object.key]);
  for (const key of standing)
    for (const { needs } of [head, base]) for (const needed of needs.get(key) ?? []) standing.add(needed);
  const made = [...standing].flatMap((key) =>
    changes.filter(({ before, after }) => (after ?? before)?.key === key),
  );
  const own = made.find(({ after, before }) => (after ?? before)!.key === object.key);
  const cause = own ?? made[0];
  const span = made.find(({ near }) => near !== null)?.near?.span;
  return {
    message:
      own !== undefined || cause === undefined
        ? `no migration is written for the change of ${named(object)}`
        : `no migration is written for the change of ${named((cause.after ?? cause.before)!)}: ${named(object)} would have to be made anew for it`,
    ...(span !== undefined && { span }),
  };
}

const named = (object: CatalogObject): string =>
  `${object.kind === "other" ? wordsOf(object.properties.type) : object.kind} ${object.identity}`;
