import { nextToken, type Token } from "../sql/lexer.ts";
import { blank, type Stretch } from "./blanking.ts";
import { looksLikeMarker, markerOf, toolOf } from "./conventions/tools.ts";

const META_COMMAND = /\\[A-Za-z!?;.][^\r\n]*/y;
const COPY_END = /^\\\.[ \t]*\r?$/gm;
const STATEMENT_END = /;[ \t]*\r?$/gm;
/** Whether a file has anything to blank at all; most have not and need no lexing. */
const SUSPECT = /^[ \t]*(?:--|\\|#|GO[ \t]*\r?$)|\bcopy\b|^\uFEFF/im;
/** Play's evolutions may be written with the comments of other languages. */
const HASH_MARKER = /^#[\s-]*!(?:ups|downs)\b/im;
/** And double the semicolons that end no statement. */
const OF_PLAY = /^(?:#|--)[\s-]*!(?:ups|downs)\b/im;
const HASH_LINE = /#[^\r\n]*/y;

/** A comment that ends the statement above it: Drizzle's, and Bun's. */
const SEPARATOR = /^--(?:> ?statement-breakpoint|bun:split)\b/;

/** The file that is read, taken apart: what of it is to be executed, and comments that may have been meant otherwise. */
export interface ExecutableText {
  /** As long as the text, with its line breaks. */
  readonly text: string;
  /** Comments that look like the beginning of what undoes a migration, in a form that no tool known has. */
  readonly doubtful: readonly Stretch[];
  /** The migration tool whose markers it has, and the first of them. */
  readonly marked: (Stretch & { readonly tool: string }) | null;
  /** Each `COPY … FROM stdin` that is left out of it, without its rows, and where these end. */
  readonly copies: readonly (Stretch & { readonly rowsEnd: number })[];
}

/**
 * A schema file as it is to be executed: the down half of a migration, psql's meta-commands and the `COPY … FROM stdin`
 * of a dump are blanked. The result is as long as the text and has its line breaks.
 */
export function executableSchema(path: string, text: string): string {
  return readExecutable(path, text).text;
}

export function readExecutable(_path: string, written: string): ExecutableText {
  if (!SUSPECT.test(written)) return { text: written, doubtful: [], marked: null, copies: [] };
  const text = OF_PLAY.test(written) ? written.replaceAll(";;", "; ") : written;
  const hasHashes = HASH_MARKER.test(text);
  const stretches: Stretch[] = text.startsWith("\uFEFF") ? [{ start: 0, end: 1 }] : [];
  const doubtful: Stretch[] = [];
  const tool = toolOf(text);
  let marked: ExecutableText["marked"] = null;
  const copies: (Stretch & { rowsEnd: number })[] = [];
  const separators: Stretch[] = [];
  let down = -1;
  let statement: Token[] = [];
  let isBelowPlainUp = false;
  const mark = (start: number, end: number): void => {
    const comment = text.slice(start, end);
    const found = markerOf(comment, tool);
    const counts = found !== null && (!found.isPlain || statement.length === 0);
    if (found !== null && !found.isPlain) marked ??= { tool: found.tool, start, end };
    if (counts && found.says === "up") {
      if (down !== -1) {
        stretches.push({ start: down, end: start });
        statement = [];
      }
      down = -1;
      isBelowPlainUp ||= found.isPlain;
    } else if (counts && (!found.isPlain || isBelowPlainUp)) {
      if (down === -1) down = start;
    } else if (down === -1 && looksLikeMarker(comment)) doubtful.push({ start, end });
  };

  for (let at = 0; ; ) {
    const token = nextToken(text, at);
    if (!token) break;
    at = token.end;

    if (opensLine(text, token.start)) {
      const rest =
        text[token.start] === "\\" ? META_COMMAND : hasHashes && text[token.start] === "#" ? HASH_LINE : null;
      if (rest) rest.lastIndex = token.start;
      const line = rest?.exec(text)?.[0];
      if (line !== undefined) {
        at = token.start + line.length;
        mark(token.start, at);
        stretches.push({ start: token.start, end: at });
        continue;
      }
    }
    if (token.kind === "line comment") {
      if (!opensLine(text, token.start)) continue;
      mark(token.start, token.end);
      if (statement.length > 0 && SEPARATOR.test(text.slice(token.start, token.end))) {
        separators.push(token);
        statement = [];
      }
      continue;
    }
    if (token.kind === "block comment") continue;
    if (statement.length === 0 && isBatchEnd(text, token)) {
      stretches.push(token);
      continue;
    }
    statement.push(token);
    if (text[token.start] !== ";" || token.kind !== "punctuation") continue;
    if (isCopyFromStdin(text, statement)) {
      at = behindRows(text, token.end);
      const { start } = statement[0]!;
      stretches.push({ start, end: at });
      if (down === -1) copies.push({ start, end: token.end, rowsEnd: at });
    }
    statement = [];
  }
  if (down !== -1) stretches.push({ start: down, end: text.length });
  const blanked = blank(
    text,
    stretches.sort((a, b) => a.start - b.start),
  );
  const isKept = ({ start }: Stretch): boolean => blanked[start] !== " ";
  return { text: separators.filter(isKept).reduce(ended, blanked), doubtful, marked, copies };
}

/** Tells whether `GO` stands alone on a line, where grate, DbUp and others end what they send: no statement begins with it. */
function isBatchEnd(text: string, { start, end }: Token): boolean {
  return (
    end - start === 2 &&
    /^GO[ \t]*(?:\r?\n|\r|$)/i.test(text.slice(start, end + 80)) &&
    opensLine(text, start)
  );
}

/** A text with a semicolon in place of a comment. */
function ended(text: string, { start, end }: Stretch): string {
  return `${text.slice(0, start)};${" ".repeat(end - start - 1)}${text.slice(end)}`;
}

/** Finds the end of the rows of a COPY: their mark, or that of the text, unless what follows without a mark are statements. */
function behindRows(text: string, start: number): number {
  COPY_END.lastIndex = start;
  const end = COPY_END.exec(text);
  if (end !== null) return end.index + end[0].length;
  STATEMENT_END.lastIndex = start;
  return STATEMENT_END.test(text) ? start : text.length;
}

function startsLine(text: string, offset: number): boolean {
  const before = text[offset - 1];
  return before === undefined || before === "\n" || before === "\r" || before === "\uFEFF";
}

/** With nothing but blanks in front. */
function opensLine(text: string, offset: number): boolean {
  let at = offset;
  while (text[at - 1] === " " || text[at - 1] === "\t") at--;
  return startsLine(text, at);
}

function isCopyFromStdin(text: string, statement: readonly Token[]): boolean {
  const word = (token: Token | undefined): string =>
    token?.kind === "word" ? text.slice(token.start, token.end).toLowerCase() : "";
  if (word(statement[0]) !== "copy") return false;
  return statement.some((token, i) => word(token) === "from" && word(statement[i + 1]) === "stdin");
}
