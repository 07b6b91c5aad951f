// What a statement's text says of the transaction that it runs in, and who else may end it.

/** Where a session has several users, one of them has ended the transaction of another: nobody knows whether by COMMIT. */
export class EndedByOthers extends Error {}

/** Commands that read and write rows, of which none can end a transaction, whatever functions they call. */
const OF_ROWS = /^(?:select|insert|update|delete|merge|with|values|table)\b/i;
const COPY = /^copy\b/i;
const ENDING =
  /^(?:commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b))\b/i;

/** What may stand before a command's first word, and the beginning of a comment that may have others in it. */
const BEFORE = /[\s(;]+|--[^\n\r]*|\/\*/y;
const MARK = /\/\*|\*\//g;

/** Gives the text from the command's first word on. */
export function commandOf(text: string): string {
  let at = 0;
  for (;;) {
    BEFORE.lastIndex = at;
    const found = BEFORE.exec(text);
    if (found === null) return text.slice(at);
    at = found[0] === "/*" ? endOfComment(text, BEFORE.lastIndex) : BEFORE.lastIndex;
  }
}

/** @param from where its text begins */
function endOfComment(text: string, from: number): number {
  let depth = 1;
  MARK.lastIndex = from;
  while (depth > 0) {
    const mark = MARK.exec(text);
    if (mark === null) return text.length;
    depth += mark[0] === "/*" ? 1 : -1;
  }
  return MARK.lastIndex;
}

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
    may = !OF_ROWS.test(commandOf(text));
    if (known.size >= KNOWN_LIMIT) known.clear();
    known.set(text, may);
  }
  return may;
}

/** Tells whether a statement is one that ends its transaction, such as COMMIT. */
export function endsTransaction(text: string): boolean {
  return mayEndTransaction(text) && ENDING.test(commandOf(text));
}

/** Tells whether a statement is a COPY, be it from or to a client, or neither. */
export function isCopy(text: string): boolean {
  return COPY.test(commandOf(text));
}
