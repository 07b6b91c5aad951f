import type { Diagnostic, Severity } from "../../model/diagnostic.ts";
import type { ObjectKind } from "../schema/catalog.ts";
import type { SchemaChange } from "../schema/changes.ts";
import type { SchemaDiff } from "../schema/diff.ts";
import { placedSentence } from "../schema/report/sentence.ts";

/** Parts of a table that decide what its rows may be, or how fast they are found. */
const RULING: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "constraint",
  "domain constraint",
  "index",
  "default",
  "trigger",
  "trigger state",
  "rule",
  "policy",
  "partition",
  "inheritance",
]);
/** Of a column or table, what no query sees. */
const UNSEEN: ReadonlySet<string> = new Set([
  "owner",
  "statistics",
  "storage",
  "compression",
  "options",
  "tablespace",
  "method",
]);

/** A difference between the live server and what it should be, and whether queries need what differs. */
export interface Drift {
  readonly diagnostic: Diagnostic;
  readonly concernsQueries: boolean;
}

/**
 * Gives what a difference means for the queries.
 * @param diff from the live server to what it should be
 * @param should how to name the latter: `the schema files`
 */
export function driftOf(
  change: SchemaChange,
  diff: SchemaDiff,
  needed: ReadonlySet<string>,
  should: string,
): Drift {
  const sentence = placedSentence(change, diff);
  const object = change.after ?? change.before;
  const isNeeded = object !== null && needed.has(object.key) && !isUnseen(change);
  const rulesNeeded = RULING.has(change.kind as ObjectKind) && needed.has(rootKey(change));
  const severity = severityOf(change, isNeeded, rulesNeeded);
  const place = change.origin?.side === "head" ? { span: change.origin.span } : {};
  const hint = severity === "info" ? {} : { hint: HINTS[change.change] };
  const made = (code: string, message: string): Diagnostic => ({
    code,
    severity,
    message,
    ...hint,
    ...place,
  });
  return { diagnostic: made(...told(change, sentence, should)), concernsQueries: severity !== "info" };
}

function told({ change }: SchemaChange, sentence: string, should: string): [string, string] {
  if (change === "added") return ["live-missing", `the live server lacks ${sentence}`];
  if (change === "removed") return ["live-extra", `the live server has what ${should} lack: ${sentence}`];
  return ["live-different", `the live server differs from ${should}: ${sentence}`];
}

function severityOf({ change, kind }: SchemaChange, isNeeded: boolean, rulesNeeded: boolean): Severity {
  // What is there beside it disturbs no query, unless it has a say in what may be stored.
  if (change === "removed") return rulesNeeded && kind !== "index" && kind !== "default" ? "warning" : "info";
  if (isNeeded && change !== "changed") return RULING.has(kind as ObjectKind) ? "warning" : "error";
  return isNeeded || rulesNeeded ? "warning" : "info";
}

const isUnseen = ({ change, properties }: SchemaChange): boolean =>
  change === "changed" && properties.every(({ name }) => UNSEEN.has(name));

const rootKey = ({ subject }: SchemaChange): string => `${subject.kind}:${subject.identity}`;

const HINTS: Readonly<Record<SchemaChange["change"], string>> = {
  added: "Migrate the server before this version is deployed.",
  renamed: "Migrate the server before this version is deployed.",
  changed:
    "Migrate the server, or put into a migration what was changed there by hand (`solitude-gen diff --against <uri> --sql`).",
  removed: "Put it into a migration, or remove it from the server, if it was made there by hand.",
};
