import { nextToken } from "../../sql/lexer.ts";
import { TemplateError } from "./template-error.ts";

/** Marks of languages that make SQL, at a place where SQL can have none of it. */
const LANGUAGES: readonly (readonly [mark: RegExp, language: string])[] = [
  [/\{%-?\s*\w/y, "Jinja, Liquid or Twig"],
  [/\{\{-?\s*\.\w|\{\{-?\s*(?:if|range|with|template|define|end|block)\b/y, "Go's text/template"],
  [/\{\{/y, "Jinja, Go's text/template, Mustache or Handlebars"],
  [/\{#/y, "Jinja"],
  // pg_trgm has operators of these letters.
  [/<%[=#-][^\n]*?%>|(?<=^|[\r\n])<%\s[^\n]*?%>/y, "ERB or EJS"],
  [/<\?(?:php|=)/y, "PHP"],
  [/\{[A-Za-z_]\w*(?:![rs])?\}/y, "a format string"],
  [/\$[A-Za-z_]\w*/y, "envsubst or a shell"],
];
/** Whether a text may be one: a body between `$tags$` is no reason to take a file apart. */
const SUSPECT = /\{\{|\{%|\{#|<%|<\?|\{[A-Za-z_]|\$[A-Za-z_]\w*(?![\w$])/;

/**
 * Refuses a file that another program makes SQL of first, once.
 * @throws TemplateError at the first mark of its language
 */
export function refuseTemplate({ path, text }: { readonly path: string; readonly text: string }): void {
  if (!SUSPECT.test(text)) return;
  for (let token = nextToken(text, 0); token; token = nextToken(text, token.end)) {
    if (token.kind !== "punctuation" && token.kind !== "operator") continue;
    // What has a value for `${name}` fills it in; where nothing has, that is said of each.
    if (text[token.start - 1] === "$") continue;
    for (const [mark, language] of LANGUAGES) {
      mark.lastIndex = token.start;
      const found = mark.exec(text)?.[0];
      if (found === undefined) continue;
      throw new TemplateError(
        "schema-template",
        `this file is a template (${language}), not SQL: what it makes is not known here`,
        { file: path, start: token.start, end: token.start + found.length },
        "Have it rendered as the application does, into a file of its own, and name that under `schema:` in its place.",
      );
    }
  }
}
