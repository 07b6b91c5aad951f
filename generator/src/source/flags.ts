import { nearest } from "../diagnostics/suggestion.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { FLAGS, type QueryFlag } from "../model/source.ts";
import type { Token } from "../sql/lexer.ts";
import type { Stretch } from "./blanking.ts";

/** Lines that say something to a tool. */
export const NO_DOC = new RegExp(
  String.raw`^\s*(?:@(?:sqlc-vet-disable|param|${FLAGS.join("|")})|solitude-gen-ignore)(?![\w-])`,
);
const FLAG = new RegExp(String.raw`^([ \t]*(?:\*+[ \t]*)?@(${FLAGS.join("|")})(?![\w-])[ \t]*)(.*)$`, "gm");

/** What begins a line as a flag does. */
const TAG = /^([ \t]*(?:\*+[ \t]*)?)@([\p{L}_-]+)/gmu;

/** The flags of a query, a line each, wherever in its comment block they stand. */
export function flagsOf(text: string, comments: readonly Token[]): QueryFlag[] {
  return linesOf(text, comments, FLAG).map(({ token, match, start, end }): QueryFlag => {
    const [, lead = "", name, rest = ""] = match;
    return {
      name: name as QueryFlag["name"],
      text: rest.trimEnd(),
      start: start + lead.length,
      line: lineOf(text, token, start, end),
    };
  });
}

/**
 * Says which flags of a query are not read, or not as they were meant.
 * @param comments the block that names the query
 * @param inside comments of the statement, and behind it on its line
 */
export function flagProblems(
  file: string,
  text: string,
  comments: readonly Token[],
  inside: readonly Token[],
): Diagnostic[] {
  const at = (start: number, length: number) => ({ file, start, end: start + length });
  return [
    ...linesOf(text, comments, TAG).flatMap(({ match, start }): Diagnostic[] => {
      const [, lead = "", word = ""] = match;
      const meant = meantBy(word);
      if (meant === null) return [];
      return [
        {
          code: "flag-unknown",
          severity: "warning",
          message: `there is no flag \`@${word}\`, and it is read as words`,
          hint: `Did you mean \`@${meant}\`?`,
          span: at(start + lead.length, 1 + word.length),
        },
      ];
    }),
    ...linesOf(text, inside, FLAG).map(({ match, start }): Diagnostic => {
      const [, lead = "", name = ""] = match;
      return {
        code: "flag-misplaced",
        severity: "warning",
        message: `\`@${name}\` is not read inside of the statement, nor behind it`,
        hint: "Put it above the statement, beside `-- name:`.",
        span: at(start + lead.indexOf("@"), 1 + name.length),
      };
    }),
    ...flagsOf(text, comments).flatMap(({ name, text: said, start }): Diagnostic[] => {
      const isAlone = name === "keyset" || name === "whole";
      if (isAlone && said !== "")
        return [
          {
            code: "flag-text",
            severity: "warning",
            message: `nothing is read behind \`@${name}\``,
            hint: `Give it a line of its own: \`-- @${name}\`.`,
            span: at(start, said.length),
          },
        ];
      const open = /[,|:]$/.exec(said);
      if (open === null) return [];
      return [
        {
          code: "flag-unfinished",
          severity: "error",
          message: `\`@${name}\` ends in \`${open[0]}\`, and a flag is one line`,
          hint: `Write the rest on this line, or behind another \`-- @${name}\`.`,
          span: at(start + open.index, 1),
        },
      ];
    }),
  ];
}

/** The flag that a word is a slip of, in two letters at most and not in the first; null for one, and for words of other tools. */
function meantBy(word: string): string | null {
  if (FLAGS.some((flag) => flag === word)) return null;
  const alike = FLAGS.filter(([first]) => first === word[0]!.toLowerCase());
  return nearest(word, alike, word.length);
}

interface CommentLine {
  readonly token: Token;
  readonly match: RegExpExecArray;
  /** Where in the file it was found. */
  readonly start: number;
  readonly end: number;
}

function linesOf(text: string, comments: readonly Token[], pattern: RegExp): CommentLine[] {
  return comments.flatMap((token) => {
    const mark = token.kind === "line comment" ? /^--+/.exec(text.slice(token.start))![0].length : 2;
    const from = token.start + mark;
    const content = text.slice(from, token.kind === "line comment" ? token.end : token.end - 2);
    return Array.from(content.matchAll(pattern), (match) => {
      const start = from + match.index;
      return { token, match, start, end: start + match[0].length };
    });
  });
}

/** The lines of the file that have nothing but the comment, or, of one that says more, its part. */
function lineOf(text: string, token: Token, start: number, end: number): Stretch {
  const isAll =
    token.kind === "line comment" ||
    `${text.slice(token.start, start)}${text.slice(end, token.end)}`.replace(/[\s*/]/g, "") === "";
  const own = isAll ? token : { start, end };
  const before = /(?:^|\n)([ \t]*)$/.exec(text.slice(0, own.start));
  const behind = /^[ \t]*(?:\r?\n|$)/.exec(text.slice(own.end));
  // What begins or ends the comment stays on its line.
  if (!before || !behind) return own;
  return { start: own.start - before[1]!.length, end: own.end + behind[0].length };
}
