import { DiagnosticError, type Span } from "../../model/diagnostic.ts";
import { inFile, type SchemaFile } from "../../model/source.ts";
import { type ParsedStatement, parseErrorOffset, parseScript } from "../../postgres/raw-parse.ts";
import type { RawTree } from "../../postgres/raw-tree.ts";
import type { Changes } from "../changes.ts";
import { runsOutside } from "../migrations/observe.ts";
import { type FolderTools, toolsByFolder, transactionMode } from "../migrations/transaction-mode.ts";

/** Statements that are run one after the other, those that begin and end transactions among them. */
export interface Script {
  readonly file: string;
  /** Whether its tool runs all of it in one transaction. */
  readonly inTransaction: boolean;
  /** Whether nobody says so: then what ends its transaction itself is run without one. */
  readonly isGuess: boolean;
  readonly statements: readonly ScriptStatement[];
}

export interface ScriptStatement {
  readonly sql: string;
  /** Where it stands in the files as they were written; null of what stands in none, and of what the migration tool adds. */
  readonly span: Span | null;
  /** As it was parsed; null of what the tool adds. */
  readonly parsed: RawTree | null;
  /** What psql sends behind it, of a `COPY … FROM stdin`. */
  readonly rows?: string;
}

/** Gives the migrations that are new, as the project's migration tool runs them. */
export async function newMigrations(
  files: readonly SchemaFile[],
  changes: Changes,
  setting: "file" | "none" | undefined,
): Promise<Script[]> {
  const scripts: Script[] = [];
  const folders = toolsByFolder(files);
  for (const file of files)
    if (changes.schema(file.path, file.text)) scripts.push(await toScript(file, setting, folders));
  return scripts;
}

/** Cuts a script at its statements, and tells whether its tool runs it in a transaction; one that says so itself is run as it says. */
export async function toScript(
  script: SchemaFile,
  setting: "file" | "none" | undefined,
  folders: FolderTools = new Map(),
): Promise<Script> {
  const { path, text } = script;
  const parsed = await parse(script);
  const statements = parsed.map((one) => {
    const { start, end } = one;
    const whole = text.slice(start, end);
    const sql = whole.trim();
    const at = start + whole.length - whole.trimStart().length;
    return { parsed: one, sql, span: inFile({ file: path, start: at, end: at + sql.length }, script) };
  });
  const { runs } = transactionMode(script, statements.length, setting, folders);
  const saysItself = parsed.some((one) => one.kind === "TransactionStmt" || runsOutside(one));
  const inTransaction = runs === "one" || (runs === "unknown" && !saysItself);
  return { file: path, inTransaction, isGuess: runs === "unknown", statements };
}

async function parse(script: SchemaFile): Promise<ParsedStatement[]> {
  const { path: file, text } = script;
  try {
    return await parseScript(text);
  } catch (error) {
    const start = parseErrorOffset(text, error) ?? 0;
    const { message } = error as Error;
    const span = inFile({ file, start, end: start }, script);
    throw new DiagnosticError([{ code: "schema-syntax", severity: "error", message, span }]);
  }
}
