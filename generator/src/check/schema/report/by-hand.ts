import type { CatalogObject } from "../catalog.ts";
import { wordsOf } from "../sql/names.ts";

/** Says what to write where no migration is written for an object's change. */
export function byHand(object: CatalogObject): string {
  switch (object.kind) {
    case "column":
    case "table":
      return "PostgreSQL changes no column that partitions are chosen by, and converts none of a table of a type: make a new table, copy the rows, and let it take the old one's place.";
    case "range type":
    case "composite type":
    case "domain":
    case "enum":
      return "What it is made with has to go for a while: make a new type, convert the columns with `alter table … alter column … type … using …`, and drop the old one.";
    case "other":
      return `Write \`drop ${wordsOf(object.properties.type)} …\` and \`create ${wordsOf(object.properties.type)} …\` by hand, in a migration of its own.`;
    default:
      return "Write it by hand.";
  }
}
