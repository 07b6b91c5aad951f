/** A command that begins or ends a transaction, which in a test's transaction is a savepoint's. */
export type TransactionCommand =
  | { readonly kind: "begin"; readonly isReadOnly: boolean }
  | { readonly kind: "commit" | "rollback" | "refused" };

const BEGIN = /^(?:begin|start\s+transaction)\b/;
const COMMIT = /^(?:commit|end)(?:\s+(?:work|transaction))?(?:\s+and\s+no\s+chain)?$/;
const ROLLBACK = /^(?:rollback|abort)(?:\s+(?:work|transaction))?(?:\s+and\s+no\s+chain)?$/;
/** Would end the test's own. */
const REFUSED =
  /^(?:(?:commit|end|rollback|abort)(?:\s+(?:work|transaction))?\s+and\s+chain|prepare\s+transaction\b|(?:commit|rollback)\s+prepared\b)/;
/** Whether there may be one among several statements. */
const SUSPECT = /\b(?:begin|start|commit|end|rollback|abort|prepare)\b/i;

/** Tells whether a statement begins or ends a transaction. */
export function transactionCommand(statement: string): TransactionCommand | null {
  const words = withoutComments(statement).replace(/;\s*$/, "").trim().toLowerCase();
  if (BEGIN.test(words)) return { kind: "begin", isReadOnly: /\bread\s+only\b/.test(words) };
  if (COMMIT.test(words)) return { kind: "commit" };
  if (ROLLBACK.test(words)) return { kind: "rollback" };
  return REFUSED.test(words) ? { kind: "refused" } : null;
}

/** Cuts a text into its statements where one of them is such a command; otherwise it stays whole. */
export function statementsOf(text: string): string[] {
  if (!SUSPECT.test(text)) return [text];
  const statements = split(text).filter((statement) => withoutComments(statement).trim() !== "");
  return statements.some((statement) => transactionCommand(statement) !== null) ? statements : [text];
}

/** What stands between semicolons: quoted texts and names, comments, and the rest, a character at a time. */
const PIECE =
  /\be'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|[\s\S]/gi;

function split(text: string): string[] {
  const statements = [""];
  let depth = 0;
  for (const [piece] of text.matchAll(PIECE)) {
    if (piece === "(") depth++;
    else if (piece === ")") depth--;
    if (piece === ";" && depth === 0) statements.push("");
    else statements[statements.length - 1] += piece;
  }
  return statements;
}

function withoutComments(statement: string): string {
  return statement.replace(PIECE, (piece) => (/^(?:--|\/\*)/.test(piece) ? " " : piece));
}
