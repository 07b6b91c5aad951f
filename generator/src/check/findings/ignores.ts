import { nearest } from "../../diagnostics/suggestion.ts";
import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import { isComment, tokenize } from "../../sql/lexer.ts";
import type { Found } from "./found.ts";

/** `-- solitude-gen-ignore <code> <reason>`, or sqlc's `-- @sqlc-vet-disable [rule …]`. */
interface Ignore {
  readonly span: Span;
  /** Null for all of them: `@sqlc-vet-disable` without names. */
  readonly code: string | null;
  /** What it reaches: the statement that it stands in, before or right behind; the whole file for `solitude-gen-ignore-file`. */
  readonly reach: "file" | { readonly start: number; readonly end: number } | null;
  readonly reported: boolean;
  /** The comment, with its line where it stands alone on it; null where it says more than this. */
  readonly whole: Span | null;
  used: boolean;
}

export interface Statement {
  readonly start: number;
  readonly end: number;
}

const OWN = /^\s*solitude-gen-ignore(-file)?\b\s*(\S*)\s*(.*?)\s*$/;
const SQLC = /^\s*@sqlc-vet-disable\b\s*(.*?)\s*$/;

export interface IgnoredFile {
  readonly path: string;
  readonly text: string;
  /** The statements in order, annotations included. */
  readonly statements: readonly Statement[];
}

/** The comments of files that switch findings off. */
export class Ignores {
  readonly #byFile = new Map<string, Ignore[]>();
  readonly #known: ReadonlySet<string>;
  readonly #diagnostics: Diagnostic[] = [];

  /** @param known the codes of all rules, those of the configuration included */
  constructor(files: readonly IgnoredFile[], known: ReadonlySet<string>) {
    this.#known = known;
    for (const file of files) if (/solitude-gen-ignore|@sqlc-vet-disable/.test(file.text)) this.#read(file);
  }

  #read({ path, text, statements }: IgnoredFile): void {
    const list: Ignore[] = [];
    this.#byFile.set(path, list);
    for (const token of tokenize(text)) {
      if (!isComment(token)) continue;
      const lines = text.slice(token.start, token.end).split("\n");
      let start = token.start;
      for (const line of lines) {
        const content = line.replace(/^\s*(?:--+|\/\*+|\*+(?!\/))/, "").replace(/\*\/\s*$/, "");
        const span = { file: path, start: start + line.search(/\S|$/), end: start + line.trimEnd().length };
        const whole = lines.length === 1 ? wholeComment(text, path, token) : null;
        list.push(...this.#parse(content, span, whole, statementAt(text, statements, token.start)));
        start += line.length + 1;
      }
    }
  }

  #parse(content: string, span: Span, whole: Span | null, statement: Statement | null): Ignore[] {
    const own = OWN.exec(content);
    if (own) {
      const [, isOfFile, code = "", reason = ""] = own;
      const problem = this.#problem(code, reason);
      if (problem) this.#diagnostics.push({ severity: "error", span, ...problem });
      if (problem) return [];
      return [{ span, code, whole, reach: isOfFile ? "file" : statement, reported: true, used: false }];
    }
    const sqlc = SQLC.exec(content);
    if (!sqlc) return [];
    const names = (sqlc[1] ?? "").split(/\s+/).filter(Boolean);
    if (names.length === 0)
      return [{ span, code: null, whole, reach: statement, reported: false, used: false }];
    return names.flatMap((code): Ignore[] => {
      if (this.#known.has(code))
        return [{ span, code, whole, reach: statement, reported: false, used: false }];
      this.#diagnostics.push({
        code: "ignore-unknown-rule",
        severity: "error",
        message: `rule-check error: rule "${code}" does not exist in the config file`,
        span,
      });
      return [];
    });
  }

  #problem(code: string, reason: string): Pick<Diagnostic, "code" | "message" | "hint"> | null {
    if (code === "" || !this.#known.has(code)) {
      const meant = nearest(code, [...this.#known]);
      return {
        code: "ignore-unknown-rule",
        message: code === "" ? "which rule is to be ignored?" : `there is no rule "${code}"`,
        hint: meant ? `Did you mean "${meant}"?` : "`solitude-gen vet --list` shows all rules.",
      };
    }
    if (reason !== "") return null;
    return {
      code: "ignore-without-reason",
      message: `a reason is missing: why is ${code} ignored here?`,
      hint: `Write \`-- solitude-gen-ignore ${code} <reason>\`; the next reader will ask.`,
    };
  }

  covers(found: Found): boolean {
    for (const ignore of this.#byFile.get(found.span.file) ?? []) {
      if (ignore.code !== null && ignore.code !== found.code) continue;
      const { reach } = ignore;
      const isReached =
        reach === "file" ||
        (reach !== null && reach.start <= found.within.end && reach.end >= found.within.start);
      if (!isReached) continue;
      ignore.used = true;
      return true;
    }
    return false;
  }

  /** Gives what is wrong with the comments; to be asked for when all findings have been. */
  diagnostics(): Diagnostic[] {
    const unused = [...this.#byFile.values()].flat().filter((ignore) => ignore.reported && !ignore.used);
    return [
      ...this.#diagnostics,
      ...unused.map(
        ({ span, code, whole }): Diagnostic => ({
          code: "ignore-unused",
          severity: "warning",
          message: `nothing is found here that ${code} would report`,
          hint: "Remove the comment.",
          span,
          ...(whole && { edits: [{ span: whole, text: "" }] }),
        }),
      ),
    ];
  }
}

function wholeComment(text: string, file: string, { start, end }: { start: number; end: number }): Span {
  const line = text.lastIndexOf("\n", start - 1) + 1;
  const [before] = /^[ \t]*$/.exec(start === 0 ? "" : text.slice(line, start)) ?? [];
  const behind = text.indexOf("\n", end) + 1;
  const [after] = /^[ \t]*(?:\r?\n)?$/.exec(text.slice(end, behind === 0 ? text.length : behind)) ?? [];
  const isAlone = before !== undefined && after !== undefined;
  return isAlone ? { file, start: start - before.length, end: end + after.length } : { file, start, end };
}

/** The statement that a comment belongs to: the one that it stands in, the one that ends before it on its line, or the next. */
function statementAt(text: string, statements: readonly Statement[], offset: number): Statement | null {
  const before = statements.findLast((s) => s.end <= offset);
  if (before && /^[ \t]*;?[ \t]*$/.test(text.slice(before.end, offset))) return before;
  return statements.find((s) => s.end > offset) ?? null;
}
