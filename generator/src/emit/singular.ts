import pluralize from "pluralize";

/** sqlc's own corrections, and words that look like plurals. */
const AS_THEY_ARE = new Set(["campus", "meta", "metadata"]);
const BY_HAND: Readonly<Record<string, string>> = { calories: "calorie", waves: "wave" };

/** The name of one row of a table: `user_profiles` becomes `user_profile`. */
export function singular(table: string): string {
  const [, head = "", last = table] = /^(.*_)?([^_]*)$/.exec(table) ?? [];
  const lower = last.toLowerCase();
  if (AS_THEY_ARE.has(lower)) return table;
  const byHand = BY_HAND[lower];
  return head + (byHand ?? pluralize.singular(last));
}
