import type { Diagnostic } from "../../model/diagnostic.ts";
import { type Engine, majorVersion, type PostgresError } from "../../postgres/engine.ts";
import { REACHES_SERVER } from "../../postgres/shared-catalogs.ts";
import { lookAlike } from "../look-alike.ts";
import type { EditedSql } from "./edited-sql.ts";
import { firstWord } from "./places.ts";
import { type SchemaStatement, spanOf, syntaxHint, UNREAD } from "./statements.ts";

/** duplicate_column, _object, _table, _schema: what the statement makes is there. */
const DUPLICATE = new Set(["42701", "42710", "42P07", "42P06"]);

/** Tells whether what a later statement makes can be of help; of what is there already it might make a second. */
export function canBeMendedLater({ sqlState = "" }: Diagnostic): boolean {
  return !DUPLICATE.has(sqlState) && sqlState !== DUPLICATE_FUNCTION && sqlState !== REACHES_SERVER;
}

const DUPLICATE_FUNCTION = "42723";

const EXTENSION_HINTS: Readonly<Record<string, string>> = {
  vector: "Install its package beside this one: npm install --save-dev @electric-sql/pglite-pgvector",
  postgis: "Install its package beside this one: npm install --save-dev @electric-sql/pglite-postgis",
};

/** The extension that an error says is not there, or null. */
function missingExtension({ message }: Pick<PostgresError, "message">): string | null {
  return /^extension "(.+)" is not available$/.exec(message)?.[1] ?? null;
}

/** Gives what to do about what the engine has not: an extension, or programs that it could run; null where it is neither. */
export function lackHint(
  problem: Pick<Diagnostic, "message">,
  engine: Pick<Engine, "isEmbedded" | "version">,
): string | null {
  const extension = missingExtension(problem);
  if (extension === null) {
    return engine.isEmbedded && /^could not execute command /.test(problem.message)
      ? "The embedded PostgreSQL runs no programs. Let what makes tables and types be a statement of its own, or name a server in `database.uri`."
      : null;
  }
  if (!engine.isEmbedded)
    return `The server of \`database.uri\`, PostgreSQL ${majorVersion(engine)}, has no "${extension}": install it on that server, or name one that has it.`;
  const packaged = EXTENSION_HINTS[extension];
  return `The embedded PostgreSQL has no "${extension}". ${packaged ?? "Set `database.uri` in the configuration to analyse against a server (PostgreSQL 16 or later) that has it."}`;
}

/** What to do, where PostgreSQL does not say it, or says it of something else. */
const OTHER_HINTS: readonly (readonly [says: RegExp, hint: string])[] = [
  [/specified more than once$/, "Each column of a table has a name of its own."],
  [
    /^there is no unique constraint matching given keys/,
    "A foreign key leads to a primary key, or to columns with a unique constraint.",
  ],
  [
    /^column ".+" (?:referenced in foreign key constraint|named in key) does not exist$/,
    "No column of the table has that name.",
  ],
  [/^multiple primary keys for table /, "One key of several columns is written `primary key (a, b)`."],
  [
    /^cannot use column reference in DEFAULT expression$/,
    "A function is called with parentheses, as `now()`; a string stands between single quotes.",
  ],
  [/^malformed array literal: "\[/, "An array is written `'{}'`, or `array[1, 2]`."],
];

const FOREIGN_SCHEMA =
  "Its tables are known to the other server alone: write those that queries read as `create foreign table …` in a file under `schema`.";

/** Gives what to say of a statement that PostgreSQL refused. */
export function problemOf(statement: SchemaStatement, sql: EditedSql, error: PostgresError): Diagnostic {
  const { file, start } = statement;
  const span =
    error.offset === null ? spanOf(statement) : firstWord(file, start + sql.original(error.offset));
  const { sqlState } = error;
  if (statement.kind === UNREAD && sqlState === "42601") {
    const at = start + sql.original(error.offset ?? 0);
    return {
      code: "schema-syntax",
      severity: "error",
      message: error.message,
      ...syntaxHint(file.text, at),
      span,
    };
  }
  if (sqlState === REACHES_SERVER)
    return {
      code: "schema-reaches-server",
      severity: "warning",
      message: `${error.message}; the statement was left out`,
      hint: "The server of `database.uri` has other users. Leave `database` out to use the embedded PostgreSQL, or name a server that is there for this alone.",
      sqlState,
      span,
    };
  if (DUPLICATE.has(sqlState) && !/specified more than once$/.test(error.message)) {
    return {
      code: "schema-duplicate",
      severity: "warning",
      message: `${error.message}; the statement was skipped`,
      hint: /^role /.test(error.message)
        ? "Something earlier in the schema made it already, or the server has it, which keeps it as it is."
        : "Something earlier in the schema made it already; the analysis goes on with that.",
      sqlState,
      span,
    };
  }
  if (missingExtension(error) !== null)
    return { code: "schema-extension", severity: "warning", message: error.message, sqlState, span };
  const hint =
    (error.offset === null ? undefined : lookAlike(file.text.slice(span.start))) ??
    OTHER_HINTS.find(([says]) => says.test(error.message))?.[1] ??
    [error.detail, error.hint].filter(Boolean).join(" ");
  if (!statement.decidesTypes) {
    return {
      code: "schema-skipped",
      severity: "warning",
      message: `${error.message}; the statement was skipped`,
      hint:
        statement.kind === "ImportForeignSchemaStmt"
          ? FOREIGN_SCHEMA
          : hint || "No query's types follow from it; the analysis goes on without.",
      sqlState,
      span,
    };
  }
  return {
    code: "schema-invalid",
    severity: "error",
    message: error.message,
    sqlState,
    ...(hint ? { hint } : {}),
    span,
  };
}
