import type { Span } from "../../model/diagnostic.ts";
import type { SchemaFile } from "../../model/source.ts";
import { nextToken } from "../../sql/lexer.ts";
import { quoteIdentifier, quoteLiteral } from "../../sql/quoting.ts";
import type { Piece } from "../templates/go-template.ts";
import { locate } from "../templates/pieces.ts";
import { TemplateError } from "../templates/template-error.ts";
import { MARKS, type Marks } from "./marks.ts";
import { mayBeFilledIn, type Placeholders } from "./placeholders.ts";
import { argumentsOf, includedName, includedPaths } from "./psql-text.ts";

/** graphile-migrate's own, all of which name roles or databases, where nothing gives them a value. */
const GRAPHILE = /^DATABASE_(?:AUTHENTICATOR|NAME|OWNER|VISITOR)$/;

/**
 * A schema file with its placeholders and psql's variables filled in, its conditions decided, and what it includes in place.
 * @throws TemplateError where something that it includes is not there
 */
export function withPlaceholders(
  file: { path: string; text: string },
  { values, included, marks }: Placeholders,
): SchemaFile {
  if (!mayBeFilledIn(file.text, marks)) return file;
  const writer = new Writer(new Map(values), new Map(included), marks);
  writer.write(file, []);
  const { pieces } = writer;
  if (!writer.hasChanged || pieces.length === 0) return file;
  return {
    path: file.path,
    text: pieces.map(({ text }) => text).join(""),
    locate: (start, end) => locate(pieces, start, end),
  };
}

/** `:name`, `:'name'`, `:"name"`, `:{?name}`, or a meta-command up to the end of its line. */
const COLON = /:(?:"([\w]+)"|'([\w]+)'|([A-Za-z_]\w*)|\{\?(\w+)\})/y;
const ENDS_STATEMENT = /^(?:g(?:exec|set|x|desc)?|watch|crosstabview|bind(?:_named)?|parse)$/;
const INCLUDES = /^--![ \t]*include[ \t]+(\S+)/;
/** What stands in `\gset`'s statement for a value that is known before it runs. */
const CONSTANT = /^select[ \t]+(?:'([^']*)'|(\d+))[ \t]+as[ \t]+(\w+)$/i;

/**
 * What stands around the statement in front of `\gexec`, whose rows are statements: from left to right, as psql runs them. Those that
 * no transaction takes, such as CREATE DATABASE, say nothing of the schema.
 */
const EXECUTES_ROWS = {
  before: "do $gexec$ declare made record; statement text; begin for made in ",
  after: ` loop for statement in select value from json_each_text(row_to_json(made)) where value is not null loop
    begin execute statement; exception when active_sql_transaction then null; end;
  end loop; end loop; end $gexec$;`,
} as const;
/** The rows of psql's own COPY, with the mark that ends them. */
const COPIED_ROWS = /^[\s\S]*?^\\\.[ \t]*\r?$/m;
const COMMAND = /\\([A-Za-z]+)[ \t]*([^\r\n]*)/y;
/** Commands that take all of their line; behind the arguments of others another may stand. */
const TAKES_LINE = /^(?:copy|ef|ev|h|help|sf|sv)$/;
/** Arguments up to a backslash that stands in no quotes, and `\\`, which only ends them. */
const ARGUMENTS = /^(?:'(?:[^'\\]|\\.|'')*'|"[^"]*"|[^\\])*(?:\\\\)?/;

/** Tells whether the name of a role stands behind these words of a statement: no type follows from it. */
function isBeforeRole(words: readonly string[]): boolean {
  const statement = words.slice(words.lastIndexOf(";") + 1);
  const [first = "", second = ""] = statement;
  const last = statement.at(-1) ?? "";
  if (["role", "user", "authorization"].includes(last)) return true;
  if (first === "grant" || first === "revoke") return ["to", "from", "by", ","].includes(last);
  return last === "to" && (statement.at(-2) === "owner" || (first === "create" && second === "policy"));
}

interface Statement {
  /** Its first piece. */
  readonly piece: number;
  readonly start: number;
  /** Where its semicolon stands. */
  readonly end?: number;
}

class Writer {
  readonly pieces: Piece[] = [];
  hasChanged = false;
  readonly #values: Map<string, string>;
  readonly #included: ReadonlyMap<string, string>;
  /** What \gset gives a value that is not known. */
  readonly #unknown = new Set<string>();
  readonly #mark: RegExp | null;

  constructor(values: Map<string, string>, included: ReadonlyMap<string, string>, marks: Marks | null) {
    this.#values = values;
    this.#included = included;
    const [open, close] = (marks ?? MARKS).map((mark) => mark.replace(/[^\w\s]/g, String.raw`\$&`));
    this.#mark = marks && new RegExp(String.raw`${open}([^\r\n]*?)${close}`, "g");
  }

  write(file: { readonly path: string; readonly text: string }, outer: readonly string[]): void {
    const { text } = file;
    let copied = 0;
    /** For each `\if` that is open: whether what stands now is executed, and whether a branch has been. */
    const conditions: { isActive: boolean; wasActive: boolean }[] = [];
    const isActive = (): boolean => conditions.every((one) => one.isActive);
    const copy = (to: number): void => {
      if (to > copied && isActive())
        this.pieces.push({ text: text.slice(copied, to), file, start: copied, end: to });
      copied = Math.max(copied, to);
    };
    const put = (start: number, end: number, by: string): void => {
      copy(start);
      if (isActive()) this.pieces.push({ text: by, file, start, end });
      copied = end;
      this.hasChanged = true;
    };
    const before: string[] = [];
    let brackets = 0;
    /** The statement that is being read, and the one that ended last, which `\gexec` means where there is none. */
    let statement: Statement | undefined;
    let last: Statement | undefined;
    const marked = this.#mark === null ? [] : [...text.matchAll(this.#mark)];
    /** Where a meta-command may stand although no line begins there: behind another one. */
    let behindCommand = -1;
    for (let at = 0; ; ) {
      const token = nextToken(text, at);
      if (!token) break;
      at = token.end;
      while (marked[0] !== undefined && marked[0].index < token.start) marked.shift();
      const shown = text.slice(token.start, token.end);
      if (token.kind === "line comment" && INCLUDES.test(shown)) {
        this.#include(file, INCLUDES.exec(shown)![1]!, "include", token, { put, outer, isDirective: true });
        continue;
      }
      if (token.kind === "line comment" || token.kind === "block comment") continue;
      if (shown === ";") {
        if (statement !== undefined) last = { ...statement, end: token.start };
        statement = undefined;
      } else if (statement === undefined && text[token.start] !== "\\") {
        copy(token.start);
        statement = { piece: this.pieces.length, start: token.start };
      }
      if (token.kind === "string" || token.kind === "quoted") {
        // Flyway and Liquibase fill in everywhere.
        for (const match of marked) {
          if (match.index >= token.end) break;
          const value = this.#valueBy(match[1]!.trim());
          if (value !== undefined) put(match.index, match.index + match[0].length, value);
        }
        before.push(shown);
        continue;
      }
      if (shown === "[") brackets++;
      else if (shown === "]") brackets--;
      if (text[token.start] === "\\") {
        if (text[token.start + 1] === ";") {
          put(token.start, token.start + 1, " ");
          continue;
        }
        COMMAND.lastIndex = token.start;
        const command = COMMAND.exec(text);
        if (command) {
          let isCut = false;
          if (!TAKES_LINE.test(command[1]!)) {
            const own = ARGUMENTS.exec(command[2]!)![0];
            isCut = own.length < command[2]!.length || own.endsWith("\\\\");
            command[0] = command[0].slice(0, command[0].length - command[2]!.length + own.length);
            command[2] = own.replace(/\\\\$/, "");
          }
          at = token.start + command[0].length;
          if (ENDS_STATEMENT.test(command[1]!)) {
            before.push(";");
            const end = statement === undefined ? last?.end : token.start;
            const made = statement ?? last;
            statement = undefined;
            if (command[1] === "gexec" && made !== undefined && end !== undefined && isActive()) {
              copy(token.start);
              this.#executeRows(file, made, end, token.start);
              put(token.start, at, "");
              last = undefined;
              continue;
            }
            if (command[1] === "gset" && made !== undefined && end !== undefined)
              this.#assign(text.slice(made.start, end));
          }
          const isBehind = behindCommand === token.start;
          const opens = isBehind || opensLine(text, token.start);
          behindCommand = at;
          // What extensions say in front of it ("use CREATE EXTENSION") is for psql alone.
          if (opens && !isBehind && /^q(?:uit)?$/.test(command[1]!) && isActive()) {
            put(token.start, text.length, "");
            return;
          }
          if (opens && command[1] === "copy" && /\bfrom\s+p?stdin\b/i.test(command[2]!)) {
            const rows = COPIED_ROWS.exec(text.slice(at));
            at += rows?.[0].length ?? 0;
            put(token.start, at, "");
            continue;
          }
          this.#command(file, command, conditions, { copy, put, outer, opens });
          // One that has a line of its own is blanked with it.
          if (isBehind || isCut) put(token.start, at, "");
          continue;
        }
      }
      const isMarked = marked[0] !== undefined && marked[0].index < token.end;
      const isColon = text[token.start] === ":" && token.end - token.start === 1;
      if (isMarked || isColon) {
        COLON.lastIndex = token.start;
        const match = isMarked ? marked.shift()! : COLON.exec(text);
        const value = match && this.#valueOf(match, isMarked, before, brackets > 0);
        if (match && value !== null) {
          at = match.index + match[0].length;
          put(match.index, at, value);
          before.push(value);
          continue;
        }
      }
      before.push(shown.toLowerCase());
    }
    copy(text.length);
  }

  /** Puts a statement whose text ends at `end` into what executes its rows, which begins with its first word. */
  #executeRows(
    file: { readonly path: string; readonly text: string },
    { piece, start }: Statement,
    end: number,
    to: number,
  ): void {
    const { before, after } = EXECUTES_ROWS;
    this.pieces.splice(piece, 0, { text: before, file, start, end: start });
    // The semicolon that ended it, where one did.
    const semicolon = this.pieces.findLastIndex(
      (one) => one.file === file && one.start <= end && end < one.end,
    );
    const at = semicolon === -1 ? undefined : this.pieces[semicolon]!;
    if (at !== undefined && at.text[end - at.start] === ";") {
      const rest = { ...at, text: at.text.slice(end - at.start + 1), start: end + 1 };
      this.pieces.splice(semicolon, 1, { ...at, text: at.text.slice(0, end - at.start), end }, rest);
    }
    this.pieces.push({ text: after, file, start: to, end: to });
  }

  /** Null where it has none, or is none. */
  #valueOf(
    match: RegExpExecArray,
    isDollar: boolean,
    before: readonly string[],
    isInBrackets: boolean,
  ): string | null {
    const quoted = isDollar ? undefined : match[1];
    const literal = isDollar ? undefined : match[2];
    if (!isDollar && match[4] !== undefined) return this.#values.has(match[4]) ? "TRUE" : "FALSE";
    const name = (isDollar ? match[1]!.trim() : (quoted ?? literal ?? match[3]))!;
    let value = isDollar ? this.#valueBy(name) : this.#values.get(name);
    if (value === undefined) {
      if (isInBrackets) return null;
      const isRole = (!isDollar && GRAPHILE.test(name)) || isBeforeRole(before);
      if (!isRole || !/^\w+$/.test(name))
        return literal !== undefined && before.at(-1) === "is" ? "''" : null;
      value = name.toLowerCase();
    }
    if (quoted !== undefined) return quoteIdentifier(value);
    if (literal !== undefined) return quoteLiteral(value);
    return value;
  }

  /** Flyway's names are the same in any case. */
  #valueBy(name: string): string | undefined {
    const exact = this.#values.get(name);
    if (exact !== undefined) return exact;
    const lower = name.toLowerCase();
    for (const [own, value] of this.#values) if (own.toLowerCase() === lower) return value;
    return undefined;
  }

  #command(
    file: { readonly path: string; readonly text: string },
    match: RegExpExecArray,
    conditions: { isActive: boolean; wasActive: boolean }[],
    {
      copy,
      put,
      outer,
      opens,
    }: {
      copy(to: number): void;
      put(start: number, end: number, by: string): void;
      outer: readonly string[];
      opens: boolean;
    },
  ): void {
    const [whole, command = "", rest = ""] = match;
    const start = match.index;
    const end = start + whole.length;
    const isActive = conditions.every((one) => one.isActive);
    if (ENDS_STATEMENT.test(command)) {
      put(start, end, ";");
      return;
    }
    if (!opens) return;
    if (command === "set" && isActive) {
      const [name, ...values] = argumentsOf(rest, this.#values);
      if (name !== undefined) this.#values.set(name, values.join(""));
    } else if (command === "if") {
      copy(start);
      const holds = isActive && this.#holds(rest, { file: file.path, start, end });
      conditions.push({ isActive: holds, wasActive: holds });
    } else if (command === "elif" || command === "else" || command === "endif") {
      copy(start);
      const own = conditions.pop();
      if (command !== "endif" && own) {
        const holds =
          !own.wasActive && (command === "else" || this.#holds(rest, { file: file.path, start, end }));
        conditions.push({ isActive: holds, wasActive: own.wasActive || holds });
      }
      put(start, end, "");
    } else if (isActive && /^(?:ir?|include(?:_relative)?)$/.test(command)) {
      this.#include(
        file,
        includedName(rest, this.#values),
        command,
        { start, end },
        { put, outer, isDirective: false },
      );
    }
  }

  /** Writes another file in place of what includes it. */
  #include(
    file: { readonly path: string; readonly text: string },
    wanted: string,
    command: string,
    { start, end }: { readonly start: number; readonly end: number },
    {
      put,
      outer,
      isDirective,
    }: { put(start: number, end: number, by: string): void; outer: readonly string[]; isDirective: boolean },
  ): void {
    const found = includedPaths(file.path, command, wanted, isDirective).find((path) =>
      this.#included.has(path),
    );
    if (found === undefined || outer.includes(found)) {
      throw new TemplateError(
        "template-missing",
        found === undefined
          ? `${isDirective ? "--!" : "\\"}${command} reads ${wanted}, which is not there`
          : `${wanted} includes itself`,
        { file: file.path, start, end },
        isDirective
          ? "It is read from the folder `fixtures`, beside those of the migrations."
          : "Its path is taken from the file's own folder, or from that of the configuration.",
      );
    }
    put(start, end, "");
    this.write({ path: found, text: this.#included.get(found)! }, [...outer, file.path]);
    this.pieces.push({ text: "\n", file, start: end, end });
  }

  /** Keeps what `\gset` gives: a constant's value; nobody knows another's before it runs. */
  #assign(statement: string): void {
    const [, literal, number, constant] = CONSTANT.exec(statement.trim()) ?? [];
    if (constant !== undefined) this.#values.set(constant, literal ?? number!);
    else for (const [, name] of statement.matchAll(/\bas\s+(\w+)/gi)) this.#unknown.add(name!);
  }

  #holds(condition: string, at: Span): boolean {
    const text = condition.trim();
    const defined = /^:\{\?(\w+)\}$/.exec(text)?.[1];
    if (defined !== undefined) return this.#values.has(defined);
    const name = /^:(?:'(\w+)'|(\w+))$/.exec(text);
    const own = name?.[1] ?? name?.[2];
    if (own !== undefined && this.#unknown.has(own) && !this.#values.has(own)) {
      throw new TemplateError(
        "template-variable",
        `what :${own} holds is known only when the query in front of \\gset has run`,
        at,
        `Give it a value in the configuration: \`options: { solitude-gen: { schema_variables: { ${own}: "true" } } }\`.`,
      );
    }
    const value = own !== undefined ? (this.#values.get(own) ?? "") : text;
    return /^(?:t|true|y|yes|on|1)$/i.test(value);
  }
}

function opensLine(text: string, offset: number): boolean {
  return /(?:^|[\r\n])[ \t\uFEFF]*$/.test(text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset));
}
