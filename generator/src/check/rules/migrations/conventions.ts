import { ruleOptions } from "../../../config/options/rules.ts";
import { featuresAfter } from "../../../postgres/newer-features.ts";
import { namesOf, nodeOf, nodesOf } from "../../../postgres/raw-tree.ts";
import { tokenize } from "../../../sql/lexer.ts";
import { showTable } from "../../migrations/locks.ts";
import { behindWord } from "../mend.ts";
import { NEWER_THAN_TARGET, newerFinding } from "../newer-than-target.ts";
import { statementRule } from "../rule.ts";

/** NAMEDATALEN less one. */
const LONGEST_NAME = 63;

export const identifierTooLong = statementRule({
  code: "identifier-too-long",
  severity: "warning",
  summary: "a name of more than 63 bytes is cut off",
  why: "PostgreSQL shortens it, with a mere notice. The object has another name than the migration says, and two long names that begin alike collide.",
  mend: "Choose a shorter name.",
  alike: ["squawk identifier-too-long"],
  *check({ text, migration }) {
    const { most } = ruleOptions(migration.options.rules, "identifier-too-long");
    // The parser has cut the names off already.
    for (const token of tokenize(text)) {
      if (token.kind !== "word" && token.kind !== "quoted") continue;
      const name = text.slice(token.start, token.end).replace(/^"|"$/g, "");
      if (Buffer.byteLength(name) <= most) continue;
      const location = Buffer.byteLength(text.slice(0, token.start));
      const isCut = Buffer.byteLength(name) > LONGEST_NAME;
      const message = isCut ? `is cut off after ${LONGEST_NAME} bytes` : `is longer than ${most} bytes`;
      const whole = text.slice(token.start, token.end);
      // PostgreSQL cuts it off in just this place.
      const isPlain = isCut && !/^U&/i.test(whole) && !name.includes('""');
      yield {
        message: `the name "${name}" ${message}`,
        location,
        ...(isPlain && { edits: [{ start: token.start, end: token.end, text: cutOff(whole, name) }] }),
      };
    }
  },
});

/** The token with the name's first 63 bytes, no character cut in two. */
function cutOff(token: string, name: string): string {
  let kept = "";
  for (const character of name) {
    if (Buffer.byteLength(kept + character) > LONGEST_NAME) break;
    kept += character;
  }
  return token.replace(name, () => kept);
}

export const domainConstraint = statementRule({
  code: "domain-constraint",
  severity: "info",
  summary: "a domain's constraint cannot be changed without reading every table that uses it",
  why: "A constraint of a domain is checked against all columns of the domain, under locks on all their tables. A CHECK constraint of a table can be added `not valid`.",
  mend: "Put the constraint on the table's column.",
  alike: ["squawk ban-create-domain-with-constraint, ban-alter-domain-with-add-constraint"],
  *check({ kind, tree, effects }) {
    const isAdded =
      kind === "AlterDomainStmt" && tree.subtype === "C" && !nodeOf(tree.def, "Constraint")?.skip_validation;
    if (isAdded && effects.locks.some(({ table }) => !table.isNew))
      yield { message: "every table with a column of this domain is read, and locked meanwhile" };
  },
});

export const enumCreated = statementRule({
  code: "enum-created",
  severity: "off",
  summary: "an enum's values cannot be removed",
  why: "A value can be added and renamed, never removed, but by a new type and a rewrite of every table that uses it.",
  mend: "Use a table of the values with a foreign key, or `text` with a CHECK constraint.",
  alike: ["eugene W13"],
  *check({ kind, tree }) {
    if (kind === "CreateEnumStmt") yield { message: `"${namesOf(tree.typeName).at(-1)}" is an enum` };
  },
});

export const enumValueOrder = statementRule({
  code: "enum-value-order",
  severity: "off",
  summary: "ALTER TYPE … ADD VALUE without BEFORE or AFTER puts the value last",
  why: "Enums sort in the order of their values, and the order cannot be changed later.",
  mend: "Say where it belongs: `add value 'x' after 'y'`.",
  alike: ["squawk require-enum-value-ordering"],
  *check({ kind, tree }) {
    if (kind === "AlterEnumStmt" && tree.newVal && !tree.oldVal && !tree.newValNeighbor)
      yield { message: `"${tree.newVal}" becomes the last value` };
  },
});

export const notIdempotent = statementRule({
  code: "not-idempotent",
  severity: "off",
  summary: "a statement outside of a transaction that cannot be run a second time",
  why: "Where a migration without a transaction fails half-way, it must be run again, and trips over what its first half made.",
  mend: "Write `if not exists` or `if exists`. (A failed `create index concurrently` leaves an invalid index behind: `drop index concurrently if exists` before it.)",
  alike: ["squawk prefer-robust-stmts"],
  *check({ kind, tree, transaction, text }) {
    if (transaction !== "own") return;
    const isCreate =
      kind === "CreateStmt" ||
      kind === "IndexStmt" ||
      kind === "CreateSchemaStmt" ||
      kind === "CreateSeqStmt";
    if (isCreate && !tree.if_not_exists) {
      const words = kind === "IndexStmt" && tree.concurrent ? ["concurrently"] : CREATED[kind];
      // An index without a name is made anew each time.
      const isNamed =
        kind === "IndexStmt" ? tree.idxname !== undefined : kind !== "CreateSchemaStmt" || !tree.schemaElts;
      yield {
        message: "this fails the second time: no IF NOT EXISTS",
        ...(isNamed && { edits: behindWord(text, words, "if not exists") }),
      };
    }
    if (kind === "DropStmt" && !tree.missing_ok) {
      const words = tree.concurrent ? ["concurrently"] : (DROPPED[tree.removeType ?? ""] ?? []);
      yield {
        message: "this fails the second time: no IF EXISTS",
        edits: behindWord(text, words, "if exists"),
      };
    }
  },
});

const CREATED = {
  CreateStmt: ["table"],
  IndexStmt: ["index"],
  CreateSchemaStmt: ["schema"],
  CreateSeqStmt: ["sequence"],
} as const;

const DROPPED: Readonly<Record<string, readonly string[]>> = {
  OBJECT_TABLE: ["table"],
  OBJECT_INDEX: ["index"],
  OBJECT_VIEW: ["view"],
  OBJECT_MATVIEW: ["view"],
  OBJECT_SEQUENCE: ["sequence"],
  OBJECT_SCHEMA: ["schema"],
  OBJECT_TYPE: ["type"],
  OBJECT_DOMAIN: ["domain"],
  OBJECT_FUNCTION: ["function"],
  OBJECT_PROCEDURE: ["procedure"],
  OBJECT_TRIGGER: ["trigger"],
  OBJECT_POLICY: ["policy"],
  OBJECT_EXTENSION: ["extension"],
};

export const schemaUnqualified = statementRule({
  code: "schema-unqualified",
  severity: "off",
  summary: "a table is created without naming its schema",
  why: "It goes into the first schema of the `search_path`, which is another one for another role.",
  mend: "Write `create table public.t …`.",
  alike: ["squawk require-table-schema"],
  *check({ kind, tree, migration }) {
    const relation = kind === "CreateStmt" ? tree.relation : undefined;
    const { except } = ruleOptions(migration.options.rules, "schema-unqualified");
    if (relation?.relname && except.includes(relation.relname)) return;
    if (relation && !relation.schemaname && relation.relpersistence !== "t")
      yield {
        message: `"${relation.relname}" goes into the first schema of the search_path`,
        location: relation.location,
      };
  },
});

export const wideIndex = statementRule({
  code: "wide-index",
  severity: "off",
  summary: "a non-unique index of more than three columns",
  why: "The fourth column seldom makes a search faster, and always makes the index bigger and writes slower.",
  mend: "Keep the columns that select most; use `include` for those that are only read.",
  alike: ["strong_migrations indexes of more than three columns"],
  *check({ kind, tree, tables, migration }) {
    if (kind !== "IndexStmt" || tree.unique) return;
    const columns = nodesOf(tree.indexParams, "IndexElem");
    if (columns.length <= ruleOptions(migration.options.rules, "wide-index").most) return;
    const table = tables.get(tree.relation);
    yield {
      message: `an index of ${columns.length} columns${table ? ` on ${showTable(table)}` : ""}`,
    };
  },
});

export const newerThanTargetInMigration = statementRule({
  ...NEWER_THAN_TARGET,
  *check({ kind, tree, migration }) {
    const target = migration.options.target_version;
    if (target === undefined) return;
    for (const feature of featuresAfter(target, kind, tree, migration.outcome.functions))
      yield newerFinding(feature, target);
  },
});
