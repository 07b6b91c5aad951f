import type { PostgresError } from "../../postgres/engine.ts";
import type { MadeKind } from "./made-names.ts";

export interface MissingName {
  readonly kind: MadeKind | "tablespace" | "access method" | "server" | "foreign-data wrapper";
  /** Without quotes: `users`, `app.users`. */
  readonly name: string;
}

/** By SQLSTATE, as PostgreSQL words it in English, which the engines speak. */
const WORDINGS: readonly (readonly [MissingName["kind"], RegExp])[] = [
  ["role", /^role "(.+)" does not exist$/],
  ["schema", /^schema "(.+)" does not exist$/],
  ["relation", /^(?:relation|table|view|materialized view|sequence) "(.+)" does not exist$/],
  ["type", /^type "?(.+?)"? does not exist$/],
  ["function", /^(?:function|procedure|aggregate) ([^(]+)\(.*\) does not exist$/s],
  ["function", /^could not find a function named "(.+)"$/],
  ["collation", /^collation "(.+?)" for encoding "\w+" does not exist$/],
  ["language", /^language "(.+)" does not exist$/],
  ["extension", /^extension "(.+)" (?:is not available|does not exist)$/],
  ["tablespace", /^tablespace "(.+)" does not exist$/],
  ["access method", /^access method "(.+)" does not exist$/],
  ["server", /^server "(.+)" does not exist$/],
  ["foreign-data wrapper", /^foreign-data wrapper "(.+)" does not exist$/],
];

/** Gives what an error says is not there, or null where it says something else. */
export function missingName(error: Pick<PostgresError, "message">): MissingName | null {
  for (const [kind, wording] of WORDINGS) {
    const name = wording.exec(error.message)?.[1];
    if (name !== undefined) return { kind, name };
  }
  return null;
}
