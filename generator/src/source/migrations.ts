import { blank, type Stretch } from "./blanking.ts";
import { nextToken, type Token } from "./lexer.ts";

/** goose, sql-migrate, dbmate, tern. */
const DOWN =
  /^(?:--\s*\+goose\s+down\b|--\s*\+migrate\s+down\b|--\s*migrate:down\b|---- create above \/ drop below ----)/i;
const UP = /^--\s*(?:\+goose\s+up\b|\+migrate\s+up\b|migrate:up\b)/i;
const META_COMMAND = /\\[A-Za-z!?;.][^\r\n]*/y;
const COPY_END = /^\\\.[ \t]*\r?$/gm;
/** Whether a file has anything to blank at all; most have not and need no lexing. */
const SUSPECT = /^(?:--|\\)|\bcopy\b|^\uFEFF/im;

/** Whether a file undoes another: golang-migrate's `….down.sql` and Flyway's `U2__….sql`. */
export function isDownMigration(fileName: string): boolean {
  return /\.down\.sql$/i.test(fileName) || /^U\d[\d._]*__/.test(fileName);
}

/**
 * A schema file as it is to be executed: the down half of a migration, psql's meta-commands and the `COPY … FROM stdin`
 * of a dump are blanked. The result is as long as the text and has its line breaks.
 */
export function executableSchema(_path: string, text: string): string {
  if (!SUSPECT.test(text)) return text;
  const stretches: Stretch[] = text.startsWith("\uFEFF") ? [{ start: 0, end: 1 }] : [];
  let down = -1;
  let statement: Token[] = [];

  for (let at = 0; ; ) {
    const token = nextToken(text, at);
    if (!token) break;
    at = token.end;

    if (text[token.start] === "\\" && startsLine(text, token.start)) {
      META_COMMAND.lastIndex = token.start;
      const command = META_COMMAND.exec(text);
      if (command) {
        at = token.start + command[0].length;
        stretches.push({ start: token.start, end: at });
        continue;
      }
    }
    if (token.kind === "line comment" && startsLine(text, token.start)) {
      const comment = text.slice(token.start, token.end);
      if (DOWN.test(comment)) {
        if (down === -1) down = token.start;
      } else if (down !== -1 && UP.test(comment)) {
        stretches.push({ start: down, end: token.start });
        down = -1;
        statement = [];
      }
      continue;
    }
    if (token.kind === "block comment") continue;
    statement.push(token);
    if (text[token.start] !== ";" || token.kind !== "punctuation") continue;
    if (isCopyFromStdin(text, statement)) {
      COPY_END.lastIndex = token.end;
      const end = COPY_END.exec(text);
      at = end ? end.index + end[0].length : text.length;
      stretches.push({ start: statement[0]!.start, end: at });
    }
    statement = [];
  }
  if (down !== -1) stretches.push({ start: down, end: text.length });
  return blank(
    text,
    stretches.sort((a, b) => a.start - b.start),
  );
}

function startsLine(text: string, offset: number): boolean {
  const before = text[offset - 1];
  return before === undefined || before === "\n" || before === "\r" || before === "\uFEFF";
}

function isCopyFromStdin(text: string, statement: readonly Token[]): boolean {
  const word = (token: Token | undefined): string =>
    token?.kind === "word" ? text.slice(token.start, token.end).toLowerCase() : "";
  if (word(statement[0]) !== "copy") return false;
  return statement.some((token, i) => word(token) === "from" && word(statement[i + 1]) === "stdin");
}
