import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import type { SchemaFile } from "../../model/source.ts";
import {
  type ParsedStatement,
  parseErrorOffset,
  parseScript,
  type StatementSpan,
} from "../../postgres/raw-parse.ts";
import type { RawTree } from "../../postgres/raw-tree.ts";
import { cutAtSemicolons, leadingBlank } from "../../sql/cut.ts";
import { lookAlike } from "../look-alike.ts";
import { misspeltWord } from "../query-problem.ts";
import { MadeNames } from "./made-names.ts";
import { firstLine, firstWord } from "./places.ts";
import { decidesTypes, isIgnored } from "./statement-kinds.ts";

/** A statement of a schema file, as far as applying it must know it. */
export interface SchemaStatement {
  readonly file: SchemaFile;
  /** Where its first token stands in the file. */
  readonly start: number;
  /** From there to its semicolon. */
  readonly sql: string;
  /** The grammar's name for it, e.g. `CreateStmt`. */
  readonly kind: string;
  readonly decidesTypes: boolean;
  readonly isIgnored: boolean;
  readonly makes: MadeNames;
  /** For a statement about the transaction itself: `TRANS_STMT_BEGIN` …, and a savepoint's name. */
  readonly transaction: { readonly kind: string; readonly savepoint: string } | null;
}

/** Gives the place of a statement: its first line. */
export function spanOf({ file, start, sql }: SchemaStatement): Span {
  return firstLine(file, start, sql);
}

export interface ReadStatements {
  readonly statements: readonly SchemaStatement[];
  readonly made: MadeNames;
  readonly problems: readonly Diagnostic[];
  /** The beginnings of what could not be read. */
  readonly unread: readonly string[];
}

/** Long enough for the name of what a statement makes. */
const BEGINNING = 200;

/**
 * Parses a schema file. Where the grammar refuses it, what can be read of it is, statement by statement.
 * @param isJudge whether the engine has a grammar of its own, and says what is wrong with what cannot be read here
 */
export async function readStatements(file: SchemaFile, isJudge = false): Promise<ReadStatements> {
  const made = new MadeNames();
  const read = (parsed: readonly ParsedStatement[], offset: number): SchemaStatement[] =>
    parsed.map((one) => {
      const statement = statementOf(file, one, { start: one.start + offset, end: one.end + offset });
      made.add(statement.makes);
      return statement;
    });
  try {
    return { statements: read(await parseScript(file.text), 0), made, problems: [], unread: [] };
  } catch {
    const statements: SchemaStatement[] = [];
    const problems: Diagnostic[] = [];
    const unread: string[] = [];
    for (const { start, end } of cutAtSemicolons(file.text)) {
      const text = file.text.slice(start, end);
      try {
        statements.push(...read(await parseScript(text), start));
      } catch (error) {
        const older = await readAsOlder(file, text, start);
        if (older !== null) {
          for (const { makes } of older) made.add(makes);
          statements.push(...older);
          continue;
        }
        const lead = leadingBlank(text);
        if (isJudge) {
          statements.push(unreadStatement(file, text.slice(lead).trimEnd(), start + lead));
          continue;
        }
        unread.push(text.slice(lead, lead + BEGINNING));
        const offset = start + (parseErrorOffset(text, error) ?? 0);
        problems.push({
          code: "schema-syntax",
          severity: "error",
          message: (error as Error).message,
          ...syntaxHint(file.text, offset),
          span: firstWord(file, Math.min(offset, end)),
        });
      }
    }
    return { statements, made, problems, unread };
  }
}

/** Names of functions that became words of the grammar's own after 16. */
const NEW_WORDS =
  /\b(function\s+)(json_exists|json_query|json_scalar|json_serialize|json_table|json_value|merge_action)\b(?=\s*\()/i;

/** What a table had before 12, and pgAdmin wrote. */
const WITH_OIDS = /\bwith\s+oids\b/gi;

/** A function of the project's own that has such a name: quoted, it is a name still. Null where that is no help. */
async function readAsOlder(
  file: SchemaFile,
  text: string,
  start: number,
): Promise<readonly SchemaStatement[] | null> {
  const quoted = text
    .replace(NEW_WORDS, (_, head: string, name: string) => `${head}"${name.toLowerCase()}"`)
    .replace(WITH_OIDS, (clause) => " ".repeat(clause.length));
  if (quoted === text) return null;
  const parsed = await parseScript(quoted).catch(() => null);
  return (
    parsed?.map((one) => {
      const statement = statementOf({ path: file.path, text: quoted }, one, one);
      return { ...statement, file, start: statement.start + start };
    }) ?? null
  );
}

/** Gives what a syntax error is about that PostgreSQL's grammar does not know of. */
export function syntaxHint(text: string, offset: number): Pick<Diagnostic, "hint"> {
  const rest = text.slice(offset);
  const dollar = /^\$\{([^}\r\n]*)\}/.exec(rest)?.[1];
  const colon = /^:["']?([A-Za-z_]\w*)/.exec(rest)?.[1];
  const name = dollar ?? colon;
  if (/^\{[{%]/.test(rest))
    return {
      hint: "A template stands there, which its own tool fills in. Name under `schema` what that tool has written, or a dump of the database.",
    };
  const front = text.slice(Math.max(0, offset - 200), offset);
  const foreign = FOREIGN_SYNTAX.find(
    ([wording, , behind]) => wording.test(rest) && (behind?.test(front) ?? true),
  );
  if (foreign !== undefined) return { hint: foreign[1] };
  if (name === undefined) {
    const before = text.slice(Math.max(0, offset - 4000), offset);
    const hint =
      lookAlike(rest) ??
      signHint(before, rest) ??
      misspeltWord(before.slice(-80), rest.slice(0, 80)) ??
      (IN_LIST.test(before) && /^\w/.test(rest) ? "Perhaps a comma is missing in front of it." : undefined);
    return hint === undefined ? {} : { hint };
  }
  const what = dollar === undefined ? `psql's variable :${name}` : `the placeholder \${${name}}`;
  return {
    hint: `Nothing gives ${what} a value. Write one in the configuration: \`options: { solitude-gen: { schema_variables: { ${name}: … } } }\`.`,
  };
}

/** An opened parenthesis, and behind it what ends as an item of a list does. */
const IN_LIST = /\((?:[^();]|\([^();]*\))*[\w)]\s*$/;

/** Gives what a sign too much or too few does. */
function signHint(before: string, rest: string): string | undefined {
  if (/,\s*$/.test(before) && /^[);]/.test(rest))
    return "A comma stands in front of it that nothing follows.";
  if (/^;/.test(rest) && IN_LIST.test(before)) return "A parenthesis is opened above that nothing closes.";
  if (/\n\s*$/.test(before) && /^(?:create|alter|drop|insert|comment|grant|update|delete)\s/i.test(rest))
    return "The statement above it has no semicolon at its end.";
  return undefined;
}

const AN_INDEX = "An index is a statement of its own: `create index on t (a);`.";

/** What other databases have in the places where PostgreSQL's grammar stops, and what it has for that. */
const FOREIGN_SYNTAX: readonly (readonly [wording: RegExp, hint: string, behind?: RegExp])[] = [
  [/^auto_?increment\b/i, "PostgreSQL has `generated always as identity` for that."],
  [/^identity\s*\(/i, "PostgreSQL has `generated always as identity` for that."],
  [
    /^unsigned\b/i,
    "PostgreSQL has no unsigned numbers: take a wider type, or a CHECK that it is not negative.",
  ],
  [/^on\s+update\s+(?:current_timestamp|now)\b/i, "PostgreSQL changes a column by a trigger: leave it out."],
  [/^```/, "A fence of Markdown stands there: take it out."],
  [/^`/, "Names are quoted with double quotes in PostgreSQL."],
  [/^(?:engine|charset|collate)\s*=/i, "PostgreSQL has no such option of a table: leave it out."],
  [/^go\s*$/im, "PostgreSQL ends a statement with a semicolon."],
  [/^#/, "A comment begins with `--`."],
  [/^comment\s+'/i, "A comment is a statement of its own: `comment on column t.a is '…';`."],
  [/^\(/, AN_INDEX, /\b(?:index|key)(?:\s+\w+)?\s*$/i],
  [/^key\b/i, AN_INDEX, /\bunique\s+$/i],
  [/^\w/, "Labels of an enum are strings: `enum ('a', 'b')`.", /\benum\s*\(\s*$/i],
  [/^no\b/i, "It is written `if not exists`.", /\bif\s+$/i],
  [/^\w/, "CHECK has parentheses around its condition.", /\bcheck\s+$/i],
  [/^nul\w*\b/i, "It is written `not null`.", /\bnot\s+$/i],
  [/^(?:modify|change)\b/i, "PostgreSQL has `alter column … type …` for that.", /\balter\s+table\b[^;]*$/i],
  [
    /^(?!(?:set|drop|type|add|reset|restart)\b)\w/i,
    "A type is changed by `alter column … type …`.",
    /\balter\s+table\b[^;]*\balter\s+(?:column\s+)?["\w]+\s+$/i,
  ],
  [/^t\w*\b/i, "RENAME has `to` in front of the new name.", /\brename\s+(?:column\s+)?["\w]*\s*$/i],
  [/^(?:select|with|values)\b/i, "A view has `as` in front of its query.", /\bview\s+[\w".]+\s+$/i],
  [/^max\b/i, "PostgreSQL has `text` for that.", /\(\s*$/],
  [/^\{/, "JSON is written as a string: `'{}'`.", /\bdefault\s+$/i],
  [/^\[/, "An array is written `'{}'`, or `array[1, 2]`.", /\bdefault\s+$/i],
  [
    /^\w/,
    "There are `cascade`, `restrict`, `no action`, `set null` and `set default`.",
    /\bon\s+(?:delete|update)\s+$/i,
  ],
  [
    /^\w/,
    "Did you mean `column`?",
    /\b(?:add|drop|alter|rename)\s+(?:colum|colmn|coulmn|clumn|colunm)\s+["\w]+\s+$/i,
  ],
];

/** The kind of what the grammar cannot read, and the engine may. */
export const UNREAD = "unread";

/** Makes a statement that is executed as it stands. */
function unreadStatement(file: SchemaFile, sql: string, start: number): SchemaStatement {
  const makes = new MadeNames();
  return { file, start, sql, kind: UNREAD, decidesTypes: true, isIgnored: false, makes, transaction: null };
}

export function statementOf(
  file: SchemaFile,
  statement: RawTree,
  { start, end }: StatementSpan,
): SchemaStatement {
  const { kind, tree } = statement;
  const text = file.text.slice(start, end);
  const lead = leadingBlank(text);
  const makes = new MadeNames();
  makes.note(statement);
  return {
    file,
    start: start + lead,
    sql: text.slice(lead).trimEnd(),
    kind,
    decidesTypes: decidesTypes(statement),
    isIgnored: isIgnored(statement),
    makes,
    transaction:
      kind === "TransactionStmt"
        ? { kind: tree.kind ?? "TRANS_STMT_BEGIN", savepoint: tree.savepoint_name ?? "" }
        : null,
  };
}
