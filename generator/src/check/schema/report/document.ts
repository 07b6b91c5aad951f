import type { JsonDiagnostic } from "../../../diagnostics/json.ts";
import type { SchemaChange } from "../changes.ts";
import type { SchemaDiff } from "../diff.ts";
import { type Effect, effectOf } from "../effect.ts";

/** What `diff --json` prints. Fields may be added; these keep their names and meanings. */
export interface DiffDocument {
  readonly version: 1;
  /** What was compared with: `main (1a2b3c4d)`. */
  readonly base: string;
  readonly schemas: readonly DiffedSchema[];
  readonly diagnostics: readonly JsonDiagnostic[];
}

export interface DiffedSchema {
  /** The query sets of the configuration that share this schema, by index. */
  readonly querySets: readonly number[];
  readonly changes: readonly ChangeEntry[];
  readonly notes: readonly { readonly kind: string; readonly message: string }[];
  /** With `--sql`; else null. */
  readonly migration: {
    readonly statements: readonly {
      readonly sql: string;
      readonly object: string;
      readonly destroys: string | null;
      readonly note: string | null;
    }[];
    /** So many statements at the start must be committed before the others run. */
    readonly committedFirst: number;
  } | null;
}

export interface ChangeEntry {
  readonly change: SchemaChange["change"];
  readonly kind: string;
  readonly identity: string;
  readonly subject: { readonly kind: string; readonly identity: string };
  readonly from: string | null;
  readonly properties: readonly { readonly name: string; readonly from: unknown; readonly to: unknown }[];
  /** Whether it deletes stored data, can break clients, or neither. */
  readonly effect: Effect;
  readonly side: "base" | "head" | null;
  readonly file: string | null;
  readonly line: number | null;
}

export function diffedSchema(diff: SchemaDiff): DiffedSchema {
  const { querySets, changes, notes, migration } = diff;
  return {
    querySets,
    changes: changes.map((one) => entryOf(one, effectOf(one, diff))),
    notes: notes.map(({ kind, message }) => ({ kind, message })),
    migration: migration && {
      statements: migration.statements.map(({ sql, object, destroys, note }) => ({
        sql,
        object,
        destroys,
        note,
      })),
      committedFirst: migration.committedFirst,
    },
  };
}

function entryOf(
  { change, kind, identity, subject, from, properties, origin }: SchemaChange,
  effect: Effect,
): ChangeEntry {
  return {
    change,
    kind,
    identity,
    subject,
    from,
    properties,
    effect,
    side: origin?.side ?? null,
    file: origin?.span.file ?? null,
    line: origin?.line ?? null,
  };
}
