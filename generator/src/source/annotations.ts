import { COMMAND_UNSUPPORTED, type Diagnostic, type Severity } from "../model/diagnostic.ts";
import { COMMANDS, type Command } from "../model/query.ts";
import { blank, type Stretch } from "./blanking.ts";
import { isComment, type Token, tokenize } from "./lexer.ts";

/** One annotated statement, its text still as the author wrote it. Offsets are of the file. */
export interface AnnotatedStatement {
  readonly name: string;
  readonly command: Command;
  readonly annotation: Stretch;
  readonly line: number;
  readonly comments: readonly string[];
  /** From the first token that is no comment to the last, without the semicolon. */
  readonly body: Stretch;
  /** The tokens of `body`, comments included. */
  readonly tokens: readonly Token[];
}

export interface AnnotatedFile {
  readonly statements: readonly AnnotatedStatement[];
  readonly diagnostics: readonly Diagnostic[];
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
  /** Null where the next annotation or the end of the file came first. */
  readonly semicolon: Token | null;
}

const LOOKS_ANNOTATED = /^\s*name\s*:/;
const NAME = /^[\p{L}_][\p{L}\p{Nd}_]*$/u;
const EXPECTED = COMMANDS.filter((command) => command !== ":execlastid").join(" ");

/** Finds the annotated statements of a query file; everything else in it is ignored. */
export function readAnnotations(file: string, text: string): AnnotatedFile {
  const statements: AnnotatedStatement[] = [];
  const diagnostics: Diagnostic[] = [];
  const lines = lineCounter(text);

  for (const raw of splitStatements(text)) {
    if (!raw.found) continue;
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
    const first = raw.tokens[0];
    const last = raw.tokens.findLast((token) => !isComment(token));
    if (!first || !last) {
      report(
        "query-without-statement",
        `query "${parsed.name}" has no statement`,
        "Write the statement below its annotation, or remove the annotation.",
      );
      continue;
    }
    if (!raw.semicolon) {
      const atEnd = text.slice(last.end).trim() === "";
      report(
        "query-unterminated",
        atEnd ? "missing semicolon at end of file" : `missing semicolon at the end of query "${parsed.name}"`,
        "End the statement with `;`.",
        { start: last.end - 1, end: last.end },
      );
    }
    statements.push({
      ...parsed,
      annotation,
      line: lines(found.offset),
      comments: docLines(text, raw.comments, found),
      body: { start: first.start, end: last.end },
      tokens: raw.tokens.filter((token) => token.end <= last.end),
    });
  }
  return { statements, diagnostics };
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
  let depth = 0;
  const close = (semicolon: Token | null): void => {
    if (tokens.length > 0 || found) result.push({ found, comments, tokens, semicolon });
    found = null;
    comments = [];
    tokens = [];
    depth = 0;
  };

  let previousEnd: number | null = null;
  for (const token of tokenize(text)) {
    if (isComment(token)) {
      const here = annotationOf(text, token);
      const leading = tokens.length === 0;
      if (here && (leading ? found : startsLine(text, token.start))) close(null);
      if (here && tokens.length === 0) {
        found = here;
        comments.push(token);
      } else if (tokens.length > 0 || isPlannerHint(text, token)) tokens.push(token);
      else if (previousEnd === null || text.slice(previousEnd, token.start).includes("\n"))
        comments.push(token);
      continue;
    }
    const c = token.kind === "punctuation" ? text[token.start] : "";
    if (c === ";" && depth <= 0) {
      close(token);
      previousEnd = token.end;
      continue;
    }
    if (c === "(") depth++;
    else if (c === ")") depth--;
    tokens.push(token);
  }
  close(null);
  return result;
}

function annotationOf(text: string, token: Token): Found | null {
  const comment = text.slice(token.start, token.end);
  if (!comment.includes("name")) return null;
  if (token.kind === "line comment") {
    const content = comment.slice(2);
    return LOOKS_ANNOTATED.test(content) ? { token, text: content, offset: token.start } : null;
  }
  let offset = token.start + 2;
  for (const line of blockContent(comment).split("\n")) {
    const stripped = line.replace(/^\s*\*+(?=\s)/, "");
    if (LOOKS_ANNOTATED.test(stripped)) return { token, text: stripped, offset };
    offset += line.length + 1;
  }
  return null;
}

type Parsed =
  | { readonly name: string; readonly command: Command }
  | { readonly code: string; readonly message: string; readonly hint: string };

function parseAnnotation(content: string, shown: string): Parsed {
  const invalid = (code: string, message: string, hint: string): Parsed => ({ code, message, hint });
  const form = "Write `-- name: GetAuthor :one`: one name, one command.";
  if (!/^\s+name:\s/.test(`${content} `))
    return invalid("annotation-invalid", `invalid metadata: ${shown}`, form);
  const parts = content.trim().split(/\s+/).slice(1);
  const [name, command] = parts;
  if (name === undefined || (parts.length === 1 && !name.startsWith(":"))) {
    return invalid("annotation-command-missing", `missing query type [${EXPECTED}]: ${shown}`, form);
  }
  if (parts.length !== 2 || command === undefined) {
    return invalid("annotation-invalid", `invalid query comment: ${shown}`, form);
  }
  const known = COMMANDS.find((candidate) => candidate === command);
  if (!known) {
    return invalid("annotation-command-invalid", `invalid query type: ${command}`, `Use one of ${EXPECTED}.`);
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
  const kept = lines.filter(
    (line) => !/^\s*(?:@(?:sqlc-vet-disable|param)|solitude-gen-ignore)\b/.test(line),
  );
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
