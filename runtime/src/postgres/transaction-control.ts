// What a statement's text says of the transaction that it runs in.

/** White space and comments: one that has another in it is none here, so that what follows is not taken for the command. */
const BEFORE = String.raw`^(?:\s|\(|--[^\n\r]*[\n\r]|\/\*(?:(?!\*\/|\/\*)[\s\S])*\*\/)*`;
/** Commands that read and write rows, of which none can end a transaction, whatever functions they call. */
const OF_ROWS = new RegExp(`${BEFORE}(?:select|insert|update|delete|merge|with|values|table)\\b`, "i");
const ENDING = new RegExp(
  String.raw`${BEFORE}(?:commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b))\b`,
  "i",
);

/** Texts are constants of generated code; those that an application puts together are not kept for ever. */
const known = new Map<string, boolean>();
const KNOWN_LIMIT = 10_000;

/**
 * Tells whether a statement may end the transaction that it runs in, where no BEGIN has begun that: CALL and DO, in which COMMIT may
 * stand, and commands that commit by themselves. After a BEGIN the server refuses them that.
 */
export function mayEndTransaction(text: string): boolean {
  let may = known.get(text);
  if (may === undefined) {
    may = !OF_ROWS.test(text);
    if (known.size >= KNOWN_LIMIT) known.clear();
    known.set(text, may);
  }
  return may;
}

/** Tells whether a statement is one that ends its transaction, such as COMMIT. */
export function endsTransaction(text: string): boolean {
  return mayEndTransaction(text) && ENDING.test(text);
}
