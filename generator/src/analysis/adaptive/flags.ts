import { nearest } from "../../diagnostics/suggestion.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Param } from "../../model/query.ts";
import type { QueryFlag, QuerySource } from "../../model/source.ts";

/** Tells which parameters may be left out, by the query's flags, and what is wrong with those. */
export function optionalParams(
  { flags = [], span, name: query }: QuerySource,
  params: readonly Param[],
): { readonly optional: ReadonlyMap<number, QueryFlagWord>; readonly diagnostics: Diagnostic[] } {
  const optional = new Map<number, QueryFlagWord>();
  const diagnostics: Diagnostic[] = [];
  const names = params.map(({ name }) => name);
  for (const word of flags.filter(({ name }) => name === "optional").flatMap(wordsOf)) {
    const bare = word.text.replace(/^[@$:]/, "");
    const param = params.find(({ name, number }) => name === bare || word.text === `$${number}`);
    const at = { file: span.file, start: word.start, end: word.start + Math.max(1, word.text.length) };
    if (param && !optional.has(param.number)) {
      optional.set(param.number, word);
      continue;
    }
    if (param) {
      diagnostics.push({
        code: "adaptive-twice",
        severity: "warning",
        message: `"${bare}" is named twice by @optional`,
        hint: "Name each parameter once.",
        span: at,
      });
      continue;
    }
    const meant = nearest(bare, names);
    diagnostics.push({
      code: "adaptive-unknown-parameter",
      severity: "error",
      message:
        bare === ""
          ? `@optional of query "${query}" names no parameter`
          : `query "${query}" has no parameter "${bare}"`,
      hint:
        meant !== null
          ? `Did you mean \`${meant}\`?`
          : names.length === 0
            ? "The query has no parameters."
            : `It has ${names.map((one) => `\`${one}\``).join(", ")}.`,
      span: at,
    });
  }
  return { optional, diagnostics };
}

/** A word of a flag, and where it stands in the file. */
export interface QueryFlagWord {
  readonly text: string;
  readonly start: number;
}

/** Gives what stands between commas. */
function wordsOf({ text, start }: QueryFlag): QueryFlagWord[] {
  if (text.trim() === "") return [{ text: "", start }];
  return Array.from(text.matchAll(/[^,]+/g), (match) => {
    const shown = match[0].trim();
    return { text: shown, start: start + match.index + match[0].indexOf(shown) };
  }).filter((word) => word.text !== "");
}
