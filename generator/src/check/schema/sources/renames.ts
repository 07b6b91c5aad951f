import type { SchemaFile } from "../../../model/source.ts";
import { parseScript } from "../../../postgres/raw-parse.ts";
import { namesOf, type RawTree } from "../../../postgres/raw-tree.ts";
import { unquote } from "../../../sql/quoting.ts";
import { objectPath, rangePath } from "./touches.ts";

/** That something has another name now, as a migration does it or a comment says it. Names are unquoted. */
export interface SaidRename {
  /** `label` stands for an enum's; `any` for what only the catalogs can tell. */
  readonly kind: "relation" | "part" | "type" | "label" | "schema" | "routine" | "any";
  readonly from: readonly string[];
  /** The last part of the new name; with `schema`, what moved to that one. */
  readonly to: string;
  readonly schema?: string;
}

const COMMENT = /^[ \t]*--[ \t]*solitude-gen:[ \t]*renamed[ \t]+(.+?)[ \t]+to[ \t]+(.+?)[ \t]*$/gim;
const KIND_WORDS =
  /^(?:table|view|materialized view|column|type|collation|domain|enum value|value|sequence|function|schema)\s+/i;

/** The renames that the files speak of, in order. */
export async function readRenames(files: readonly SchemaFile[]): Promise<SaidRename[]> {
  const renames: SaidRename[] = [];
  for (const { text } of files) {
    if (/\brename\b|set\s+schema/i.test(text)) renames.push(...(await ofStatements(text)));
    for (const [, from = "", to = ""] of text.matchAll(COMMENT)) {
      const path = splitName(from.replace(KIND_WORDS, ""));
      const name = splitName(to.replace(KIND_WORDS, "")).at(-1);
      if (path.length > 0 && name !== undefined) renames.push({ kind: "any", from: path, to: name });
    }
  }
  return renames;
}

/** The parts of a name as people write it in a comment: `orders.total`, `"Odd".x`, `color.'light red'`. */
function splitName(name: string): string[] {
  return Array.from(name.matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[^.\s"']+/g), ([part]) =>
    /^["']/.test(part) ? unquote(part) : part,
  );
}

const KINDS: Readonly<Record<string, SaidRename["kind"]>> = {
  OBJECT_TABLE: "relation",
  OBJECT_VIEW: "relation",
  OBJECT_MATVIEW: "relation",
  OBJECT_SEQUENCE: "relation",
  OBJECT_INDEX: "relation",
  OBJECT_COLUMN: "part",
  OBJECT_ATTRIBUTE: "part",
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "type",
  OBJECT_COLLATION: "type",
  OBJECT_SCHEMA: "schema",
  OBJECT_FUNCTION: "routine",
  OBJECT_PROCEDURE: "routine",
  OBJECT_ROUTINE: "routine",
};

async function ofStatements(text: string): Promise<SaidRename[]> {
  const statements = await parseScript(text).catch(() => []);
  return statements.flatMap((statement) => renameIn(statement) ?? []);
}

/** Gives the rename that a statement does; null for any other. */
export function renameIn({ kind, tree }: RawTree): SaidRename | null {
  if (kind === "AlterEnumStmt" && tree.oldVal !== undefined) {
    return { kind: "label", from: [...namesOf(tree.typeName), tree.oldVal], to: tree.newVal ?? "" };
  }
  if (kind === "AlterObjectSchemaStmt") {
    const from = tree.relation ? rangePath(tree.relation) : objectPath(tree.object);
    const what = KINDS[tree.objectType ?? ""];
    return what === undefined || what === "part" || from.length === 0
      ? null
      : { kind: what, from, to: from.at(-1)!, schema: tree.newschema ?? "" };
  }
  const what = kind === "RenameStmt" ? KINDS[tree.renameType ?? ""] : undefined;
  if (kind !== "RenameStmt" || what === undefined) return null;
  const { relation, object, subname = "", newname = "" } = tree;
  const from =
    what === "part"
      ? [...rangePath(relation), subname]
      : what === "schema"
        ? [subname]
        : relation
          ? rangePath(relation)
          : objectPath(object);
  return { kind: what, from, to: newname };
}

/** Gives the names, unquoted, of what a statement drops of the kinds that can be renamed. */
export function droppedIn({ kind, tree }: RawTree): Pick<SaidRename, "kind" | "from">[] {
  const what = kind === "DropStmt" ? KINDS[tree.removeType ?? ""] : undefined;
  if (kind !== "DropStmt" || what === undefined) return [];
  return (tree.objects ?? []).map((object) => ({ kind: what, from: objectPath(object) }));
}
