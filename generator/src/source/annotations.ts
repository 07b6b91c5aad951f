import { nearest } from "../diagnostics/suggestion.ts";
import { COMMAND_UNSUPPORTED, type Diagnostic, type Severity } from "../model/diagnostic.ts";
import { COMMANDS, type Command } from "../model/query.ts";
import type { QueryFlag } from "../model/source.ts";
import { isComment, nextToken, type Token } from "../sql/lexer.ts";
import { blank, type Stretch } from "./blanking.ts";
import { flagProblems, flagsOf, NO_DOC } from "./flags.ts";

/** One annotated statement, its text still as the author wrote it. Offsets are of the file. */
export interface AnnotatedStatement {
  readonly name: string;
  readonly command: Command;
  readonly annotation: Stretch;
  readonly line: number;
  readonly comments: readonly string[];
  readonly flags: readonly QueryFlag[];
  /** From the first token that is no comment to the last, without the semicolon. */
  readonly body: Stretch;
  /** The tokens of `body`, comments included. */
  readonly tokens: readonly Token[];
}

export interface AnnotatedFile {
  readonly statements: readonly AnnotatedStatement[];
  readonly diagnostics: readonly Diagnostic[];
  /** Statements that no annotation stands above, and so are no queries. */
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut extends Stretch {
  /** The query above it, where it follows one on the same line or the next: it was probably meant as a part of it. */
  readonly behind: string | null;
}

interface Found {
  readonly token: Token;
  /** The line of the comment that says it, without comment markers. */
  readonly text: string;
  readonly offset: number;
}

interface RawStatement {
  readonly found: Found | null;
  readonly comments: readonly Token[];
  readonly tokens: readonly Token[];
  /** Comments behind its semicolon, on that line. */
  readonly behind: Token[];
  /** Null where the next annotation or the end of the file came first. */
  readonly semicolon: Token | null;
  /** What is opened in it and never closed. */
  readonly unclosed: (Stretch & { readonly what: string }) | null;
}

const LOOKS_ANNOTATED = /^\s*name\s*:/;
/** What stands in front of a query's name where it is meant as an annotation: other words for it, and slips. */
const LEAD = String.raw`^[\s-]*(?:(?:@?names?|query)\s*[:\uff1a]?|@?[\p{L}_]{3,6}\s*[:\uff1a])\s*`;
const QUERY_NAME = String.raw`[\p{L}_][\p{L}\p{Nd}_]*`;
/** An annotation with a slip in it, or that of another tool: as no comment it would be meant. */
const MISSPELT = new RegExp(
  String.raw`${LEAD}${QUERY_NAME}\s+:\s?(?:one|many|exec\w*|copyfrom|batch\w+)\s*;?\s*$`,
  "iu",
);
const MEANT = new RegExp(String.raw`${LEAD}(${QUERY_NAME})(?:\s+(:\s?\w+))?`, "iu");
/** An annotation in a comment of other languages, or behind one dash, which is none in SQL. */
const OTHER_COMMENT = /^(?:#|\/\/|[\u2013\u2014]|-(?!-))\s*(name\s*:[^\n]*)/i;
const OF_PGTYPED = /^\s*@name\s+[\p{L}_][\p{L}\p{Nd}_]*\s*$/u;
const NAME = /^[\p{L}_][\p{L}\p{Nd}_]*$/u;
const EXPECTED = COMMANDS.filter((command) => command !== ":execlastid").join(" ");

/** Finds the annotated statements of a query file; of everything else in it is told what it is. */
export function readAnnotations(file: string, text: string): AnnotatedFile {
  const statements: AnnotatedStatement[] = [];
  const leftOut: LeftOut[] = [];
  let last: (Stretch & { readonly name: string }) | null = null;
  const diagnostics: Diagnostic[] = [];
  const lines = lineCounter(text);

  for (const raw of splitStatements(text)) {
    if (!raw.found) {
      const first = raw.tokens.find((token) => !isComment(token));
      const end = raw.tokens.findLast((token) => !isComment(token))?.end;
      if (first && end !== undefined) {
        const slip = OTHER_COMMENT.exec(text.slice(first.start, end));
        if (slip) {
          diagnostics.push({
            code: "annotation-invalid",
            severity: "error",
            message: `invalid metadata: ${slip[0].trimEnd()}`,
            hint: `A comment begins with \`--\`: write \`-- ${slip[1]!.trimEnd()}\`.`,
            span: { file, start: first.start, end: first.start + slip[0].trimEnd().length },
          });
          continue;
        }
        const isBehind: boolean = last !== null && isNear(text, last.end, first.start);
        leftOut.push({ start: first.start, end, behind: isBehind ? last!.name : null });
      }
      continue;
    }
    last = null;
    const { found } = raw;
    const annotation = { start: found.token.start, end: found.token.end };
    const report = (
      code: string,
      message: string,
      hint: string,
      at: Stretch = annotation,
      severity: Severity = "error",
    ): void => {
      diagnostics.push({ code, severity, message, hint, span: { file, start: at.start, end: at.end } });
    };

    const parsed = parseAnnotation(found.text, text.slice(annotation.start, annotation.end).trim());
    if ("code" in parsed) {
      report(parsed.code, parsed.message, parsed.hint);
      continue;
    }
    if (parsed.command === ":execlastid") {
      report(
        COMMAND_UNSUPPORTED,
        `invalid query type: :execlastid: PostgreSQL has no last insert id`,
        "Use `:one` and end the statement with `returning id`.",
        annotation,
        "warning",
      );
    }
    if (raw.unclosed) {
      const { what } = raw.unclosed;
      report(
        "query-unclosed",
        `the ${what} that is opened here is never closed`,
        `Close it before the end of query "${parsed.name}".`,
        raw.unclosed,
      );
      continue;
    }
    const first = raw.tokens[0];
    const end = raw.tokens.findLast((token) => !isComment(token))?.end;
    if (!first || end === undefined) {
      report(
        "query-without-statement",
        `query "${parsed.name}" has no statement`,
        "Write the statement below its annotation, or remove the annotation.",
      );
      continue;
    }
    if (!raw.semicolon) {
      const atEnd = text.slice(end).trim() === "";
      report(
        "query-unterminated",
        atEnd ? "missing semicolon at end of file" : `missing semicolon at the end of query "${parsed.name}"`,
        "End the statement with `;`.",
        { start: end - 1, end },
      );
    }
    diagnostics.push(
      ...flagProblems(file, text, raw.comments, [...raw.tokens.filter(isComment), ...raw.behind]),
    );
    last = { start: first.start, end: raw.semicolon?.end ?? end, name: parsed.name };
    statements.push({
      ...parsed,
      annotation,
      line: lines(found.offset),
      comments: docLines(text, raw.comments, found),
      flags: flagsOf(text, raw.comments),
      body: { start: first.start, end },
      tokens: raw.tokens.filter((token) => token.end <= end),
    });
  }
  return { statements, diagnostics, leftOut };
}

/** No blank line or comment between them. */
function isNear(text: string, end: number, start: number): boolean {
  return /^[ \t]*\r?\n?[ \t]*$/.test(text.slice(end, start));
}

/** A text with its annotated statements blanked: what a file that holds schema and queries gives to the schema. */
export function withoutQueries(text: string): string {
  if (!/\bname\s*:/.test(text)) return text;
  const stretches: Stretch[] = [];
  for (const raw of splitStatements(text)) {
    if (!raw.found || "code" in parseAnnotation(raw.found.text, "")) continue;
    const last = raw.semicolon ?? raw.tokens.at(-1) ?? raw.found.token;
    stretches.push({ start: raw.found.token.start, end: last.end });
  }
  return blank(text, stretches);
}

/**
 * Cuts at semicolons outside of parentheses (a rule's actions stand inside). An annotation at the start of a line ends
 * whatever is open, so that one forgotten semicolon does not swallow the rest of the file.
 */
function splitStatements(text: string): RawStatement[] {
  const result: RawStatement[] = [];
  let found: Found | null = null;
  let comments: Token[] = [];
  let tokens: Token[] = [];
  /** Where the parentheses stand that are open. */
  let open: number[] = [];
  const close = (semicolon: Token | null, unclosed: RawStatement["unclosed"] = null): void => {
    const parenthesis = open.at(-1);
    const forgotten =
      semicolon === null && parenthesis !== undefined && tokens.some((token) => isSemicolon(text, token))
        ? { what: "parenthesis", start: parenthesis, end: parenthesis + 1 }
        : null;
    if (tokens.length > 0 || found)
      result.push({ found, comments, tokens, behind: [], semicolon, unclosed: unclosed ?? forgotten });
    found = null;
    comments = [];
    tokens = [];
    open = [];
  };

  let at = 0;
  /** Where the last statement ended: a comment behind it on its line is its own. */
  let lineOf: number | null = null;
  for (let token = nextToken(text, at); token; token = nextToken(text, at)) {
    const unclosed = unclosedAt(text, token);
    if (unclosed) {
      tokens.push({ ...token, end: unclosed.end });
      close(null, { what: unclosed.what, start: token.start, end: token.start + 1 });
      at = unclosed.end;
      continue;
    }
    at = token.end;
    if (isComment(token)) {
      const here = annotationOf(text, token);
      const leading = tokens.length === 0;
      if (here && (leading ? found : startsLine(text, token.start))) close(null);
      if (here && tokens.length === 0) {
        found = here;
        comments.push(token);
      } else if (tokens.length > 0 || isPlannerHint(text, token)) tokens.push(token);
      else if (lineOf === null || text.slice(lineOf, token.start).includes("\n")) comments.push(token);
      else result.at(-1)?.behind.push(token);
      continue;
    }
    if (isSemicolon(text, token) && open.length === 0) {
      close(token);
      lineOf = token.end;
      continue;
    }
    const c = token.kind === "punctuation" ? text[token.start] : "";
    if (c === "(") open.push(token.start);
    else if (c === ")") open.pop();
    tokens.push(token);
  }
  close(null);
  return result;
}

function isSemicolon(text: string, token: Token): boolean {
  return token.kind === "punctuation" && text[token.start] === ";";
}

/** An annotation at the start of a line of what is quoted: the quote's end was forgotten. */
const ANNOTATION_LINE = /^--[ \t]+name:[ \t]+\w+[ \t]+:\w+[ \t]*$/m;

function unclosedAt(text: string, token: Token): { what: string; end: number } | null {
  const what =
    token.kind === "string"
      ? "quote"
      : token.kind === "quoted"
        ? "quoted name"
        : token.kind === "block comment"
          ? "comment"
          : null;
  if (what === null) return null;
  const shown = text.slice(token.start, token.end);
  // What stands between dollars is code, which may hold anything.
  const annotation =
    token.kind === "block comment" || shown.startsWith("$") ? -1 : shown.search(ANNOTATION_LINE);
  if (annotation > 0) return { what, end: token.start + annotation };
  return token.end === text.length && !isClosed(shown, token.kind) ? { what, end: token.end } : null;
}

function isClosed(shown: string, kind: Token["kind"]): boolean {
  if (kind === "block comment") return shown.length >= 4 && shown.endsWith("*/");
  const tag = /^\$\w*\$/.exec(shown)?.[0];
  if (tag !== undefined) return shown.length >= 2 * tag.length && shown.endsWith(tag);
  const quote = kind === "string" ? "'" : '"';
  const escaped = /^e/i.test(shown) ? shown.replace(/\\[\s\S]/g, "") : shown;
  return escaped.split(quote).length % 2 === 1;
}

function isAnnotation(line: string): boolean {
  return LOOKS_ANNOTATED.test(line) || MISSPELT.test(line) || OF_PGTYPED.test(line);
}

function annotationOf(text: string, token: Token): Found | null {
  const comment = text.slice(token.start, token.end);
  if (!/name|query|:\s?(?:one|many|exec|copyfrom|batch)/i.test(comment)) return null;
  if (token.kind === "line comment") {
    const content = comment.slice(2);
    return isAnnotation(content) ? { token, text: content, offset: token.start } : null;
  }
  let offset = token.start + 2;
  for (const line of blockContent(comment).split("\n")) {
    const stripped = line.replace(/^\s*\*+(?=\s)/, "");
    if (isAnnotation(stripped)) return { token, text: stripped, offset };
    offset += line.length + 1;
  }
  return null;
}

type Parsed =
  | { readonly name: string; readonly command: Command }
  | { readonly code: string; readonly message: string; readonly hint: string };

function parseAnnotation(content: string, shown: string): Parsed {
  const invalid = (code: string, message: string, hint: string): Parsed => ({ code, message, hint });
  const [, meant, command = ":many"] = MEANT.exec(content) ?? [];
  const form = LOOKS_ANNOTATED.test(content)
    ? "Write `-- name: GetAuthor :one`: one name, one command."
    : `Write \`-- name: ${meant} ${command.replace(/\s/, "").toLowerCase()}\`.${OF_PGTYPED.test(content) ? " `solitude-gen import` does it for all of pgtyped's, and for their calls." : ""}`;
  if (!/^\s+name:\s/.test(`${content} `))
    return invalid("annotation-invalid", `invalid metadata: ${shown}`, form);
  const parts = content.trim().split(/\s+/).slice(1);
  const [name, written] = parts;
  if (name === undefined || (parts.length === 1 && !name.startsWith(":"))) {
    return invalid("annotation-command-missing", `missing query type [${EXPECTED}]: ${shown}`, form);
  }
  if (parts.length !== 2 || written === undefined) {
    return invalid("annotation-invalid", `invalid query comment: ${shown}`, form);
  }
  const known = COMMANDS.find((candidate) => candidate === written);
  if (!known) {
    return invalid("annotation-command-invalid", `invalid query type: ${written}`, nearestCommand(written));
  }
  if (!NAME.test(name)) {
    return invalid(
      "query-name-invalid",
      `invalid query name "${name}"`,
      "A name is letters, digits and `_`, and does not start with a digit.",
    );
  }
  return { name, command: known };
}

function nearestCommand(written: string): string {
  const meant = nearest(written, EXPECTED.split(" "));
  return meant === null ? `Use one of ${EXPECTED}.` : `Did you mean ${meant}? There are ${EXPECTED}.`;
}

function docLines(text: string, comments: readonly Token[], found: Found): string[] {
  const lines: string[] = [];
  for (const token of comments) {
    const comment = text.slice(token.start, token.end);
    if (token.kind === "line comment") {
      if (token !== found.token) lines.push(comment.replace(/^--+ ?/, "").trimEnd());
      continue;
    }
    const content = blockContent(comment)
      .split("\n")
      .map((line) => line.replace(/^\s*\*+(?=\s|$)/, ""));
    const block = content
      .filter((line) => token !== found.token || line !== found.text)
      .map((line) => line.trim());
    while (block[0] === "") block.shift();
    while (block.at(-1) === "") block.pop();
    lines.push(...block);
  }
  const kept = lines.filter((line) => !NO_DOC.test(line));
  while (kept[0]?.trim() === "") kept.shift();
  while (kept.at(-1)?.trim() === "") kept.pop();
  return kept;
}

function blockContent(comment: string): string {
  return comment.slice(2).replace(/\*\/$/, "");
}

/** pg_hint_plan reads its hints from a comment at the head of what is sent. */
function isPlannerHint(text: string, token: Token): boolean {
  return text.startsWith("/*+", token.start);
}

function startsLine(text: string, offset: number): boolean {
  return /(?:^|[\n\r])[ \t\uFEFF]*$/.test(
    text.slice(Math.max(0, text.lastIndexOf("\n", offset - 1)), offset),
  );
}

/** Offsets must be asked for in ascending order. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let at = 0;
  return (offset) => {
    for (; at < offset; at++) if (text[at] === "\n") line++;
    return line;
  };
}
