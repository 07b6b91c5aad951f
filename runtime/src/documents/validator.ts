import { createHash } from "node:crypto";
import type { Declaration } from "./declaration.ts";
import type { Place } from "./layout.ts";

/** A collection's server-side validator, and what it was made from. */
export interface Validator {
  readonly $jsonSchema: Record<string, unknown>;
}

/** What a validator says of its origin, in its description. */
interface Origin {
  readonly versions: Readonly<Record<string, number>>;
  readonly hash: string;
}

/**
 * Checks the documents of the declared kinds and versions. Those of other versions, and of kinds that are not declared here,
 * pass: while a release rolls out, processes of the one before go on writing, and so do those of the one after.
 */
export function createValidator(declarations: readonly Declaration[], place: Place): Validator {
  const named = "kind" in place.fields;
  const when = (kind: string) => (named ? { kind: { enum: [kind] } } : {});
  const alternatives = declarations.flatMap(({ kind, version, serverSchema }) => [
    { properties: { ...when(kind), version: { enum: [version] }, data: serverSchema } },
    { properties: { ...when(kind), version: { not: { enum: [version] } } } },
  ]);
  if (named)
    alternatives.push({
      properties: { kind: { not: { enum: declarations.map(({ kind }) => kind) } } } as never,
    });
  const fields = Object.keys(place.fields);
  const schema = {
    bsonType: "object",
    required: ["_id", ...fields, "version", "revision", "createdAt", "updatedAt", "data"],
    properties: {
      _id: { bsonType: "string" },
      ...Object.fromEntries(fields.map((field) => [field, { bsonType: "string" }])),
      version: { bsonType: "int" },
      revision: { bsonType: "string" },
      createdAt: { bsonType: "date" },
      updatedAt: { bsonType: "date" },
      expiresAt: { bsonType: "date" },
      data: { bsonType: "object" },
    },
    anyOf: alternatives,
  };
  const origin: Origin = {
    versions: Object.fromEntries(declarations.map(({ kind, version }) => [kind, version])),
    hash: createHash("sha256").update(JSON.stringify(schema)).digest("hex").slice(0, 16),
  };
  return { $jsonSchema: { description: JSON.stringify(origin), ...schema } };
}

/** Whether the collection's present validator is to be replaced: it differs, and no newer declaration has made it. */
export function isOutdated(present: unknown, wanted: Validator): boolean {
  const ours = originOf(wanted);
  const theirs = originOf(present);
  if (theirs === undefined || ours === undefined) return true;
  if (theirs.hash === ours.hash) return false;
  return Object.entries(theirs.versions).every(([kind, version]) => version <= (ours.versions[kind] ?? 0));
}

function originOf(validator: unknown): Origin | undefined {
  const { description } = (validator as Partial<Validator> | undefined)?.$jsonSchema ?? {};
  if (typeof description !== "string") return undefined;
  try {
    const origin = JSON.parse(description) as Partial<Origin> | null;
    return typeof origin?.hash === "string" && typeof origin.versions === "object"
      ? (origin as Origin)
      : undefined;
  } catch {
    return undefined; // Somebody else's.
  }
}
