import type { Edit } from "../../model/diagnostic.ts";
import type { SchemaFile } from "../../model/source.ts";
import type { Engine } from "../../postgres/engine.ts";
import type { Found } from "../findings/found.ts";
import { headOf, wordAt } from "../findings/place.ts";
import { MIGRATION_RULES } from "../rules/registry.ts";
import type { Finding, FindingAt, FindingEdit } from "../rules/rule.ts";
import type { CheckedStatement } from "./checked.ts";
import { seenOf } from "./evidence.ts";
import { type ObserveOptions, observeMigrations } from "./observe.ts";

/** Runs the migrations, and all rules on what was seen. */
export async function vetMigrations(
  engine: Engine,
  files: readonly SchemaFile[],
  options: ObserveOptions,
): Promise<Found[]> {
  const found: Found[] = [];
  const texts = new Map(files.filter(({ locate }) => !locate).map(({ path, text }) => [path, text]));
  for (const migration of await observeMigrations(engine, files, options)) {
    for (const rule of MIGRATION_RULES) {
      const findings: Iterable<FindingAt> =
        rule.on === "migration"
          ? rule.check(migration)
          : migration.statements.flatMap((statement) =>
              [...rule.check(statement)].map((finding) => ({ ...finding, statement })),
            );
      for (const finding of findings) found.push(toFound(rule.code, finding, finding.statement, texts));
    }
  }
  return found;
}

function toFound(
  code: string,
  { message, hint, location, edits = [] }: Finding,
  statement: CheckedStatement,
  texts: ReadonlyMap<string, string>,
): Found {
  const { text, start, migration } = statement;
  const placed = { file: migration.file, text, toFile: (offset: number) => start + offset };
  return {
    code,
    message,
    ...(hint !== undefined && { hint }),
    span: wordAt(placed, location) ?? headOf(placed),
    ...(edits.length > 0 && texts.has(migration.file)
      ? { edits: edits.map((edit) => toEdit(edit, edit.of ?? statement, texts.get(migration.file)!)) }
      : {}),
    statement: text,
    evidence: seenOf(statement),
    within: { file: migration.file, start, end: start + text.length },
  };
}

function toEdit({ start, end, text }: FindingEdit, statement: CheckedStatement, file: string): Edit {
  const at = { file: statement.migration.file, start: statement.start + start, end: statement.start + end };
  const isRemoved = text === "" && start === 0 && end === statement.text.length;
  if (!isRemoved) return { span: at, text: asIn(file, text) };
  // With its semicolon, and the line that it stands on if nothing else does.
  const rest = /^\s*;/.exec(file.slice(at.end))?.[0].length ?? 0;
  const isOwnLine = /(?:^|\n)[ \t]*$/.test(file.slice(0, at.start));
  const lineEnd = isOwnLine ? (/^[ \t]*\r?\n/.exec(file.slice(at.end + rest))?.[0].length ?? 0) : 0;
  return { span: { ...at, end: at.end + rest + lineEnd }, text };
}

/** With the file's line ends. */
const asIn = (file: string, text: string): string =>
  file.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text;
