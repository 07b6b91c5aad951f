import { createHash } from "node:crypto";
import { BSON } from "mongodb";
import type { Declaration } from "./declaration.ts";
import type { Place } from "./layout.ts";

type Schema = Record<string, unknown>;

/** A collection's server-side validator, and what it was made from. */
export interface Validator {
  readonly $jsonSchema: Schema;
}

/** What a validator checks of one kind: its newest version, by any of the schemas that releases have for that. */
interface Checked {
  readonly version: number;
  readonly schemas: readonly Schema[];
}

type Kinds = ReadonlyMap<string, Checked>;

/** Releases with one version and several schemas; of more, the oldest is forgotten. */
const MAX_SCHEMAS = 8;

/**
 * Checks the documents of the declared kinds and versions. Those of other versions, and of kinds that are not declared here,
 * pass: while a release rolls out, processes of the one before go on writing, and so do those of the one after.
 */
export function createValidator(declarations: readonly Declaration[], place: Place): Validator {
  return validatorOf(
    new Map(
      declarations.map(({ kind, version, serverSchema }) => [kind, { version, schemas: [serverSchema] }]),
    ),
    place,
  );
}

/**
 * The validator that a collection is to have, given the one that it has: of each kind the newer version, of equal versions
 * what either schema takes, and the kinds that only the present one knows. undefined where it stays as it is.
 */
export function mergeValidator(present: unknown, wanted: Validator, place: Place): Validator | undefined {
  const theirs = kindsOf(present, place);
  const ours = kindsOf(wanted, place);
  if (theirs === undefined || ours === undefined) return wanted;
  const merged = new Map(theirs);
  for (const [kind, own] of ours) {
    const other = theirs.get(kind);
    if (other === undefined || other.version < own.version) merged.set(kind, own);
    else if (other.version === own.version) {
      const known = new Set(other.schemas.map(textOf));
      const added = own.schemas.filter((schema) => !known.has(textOf(schema)));
      const schemas = [...other.schemas, ...added].slice(-MAX_SCHEMAS);
      if (added.length > 0) merged.set(kind, { version: own.version, schemas });
    }
  }
  const validator = validatorOf(merged, place);
  return hashOf(validator) === hashOf(present) ? undefined : validator;
}

/**
 * The validator that a collection is to have once no other release writes to it: what these kinds are declared to be, but for
 * those of which a newer release has declared more. undefined where it is that already.
 */
export function settleValidator(present: unknown, wanted: Validator, place: Place): Validator | undefined {
  const theirs = kindsOf(present, place);
  const settled = new Map(kindsOf(wanted, place));
  for (const [kind, own] of settled) {
    const other = theirs?.get(kind);
    if (other !== undefined && other.version > own.version) settled.set(kind, other);
  }
  const validator = validatorOf(settled, place);
  return hashOf(validator) === hashOf(present) ? undefined : validator;
}

/** The kinds that a validator knows, and their versions; none where it is not one of ours. */
export function versionsIn(validator: unknown): Readonly<Record<string, number>> {
  return originOf(validator)?.versions ?? {};
}

function validatorOf(kinds: Kinds, place: Place): Validator {
  const named = "kind" in place.fields;
  const when = (kind: string) => (named ? { kind: { enum: [kind] } } : {});
  const alternatives: Schema[] = [...kinds].flatMap(([kind, { version, schemas }]) => [
    ...schemas.map((data) => ({ properties: { ...when(kind), version: { enum: [version] }, data } })),
    { properties: { ...when(kind), version: { not: { enum: [version] } } } },
  ]);
  if (named) alternatives.push({ properties: { kind: { not: { enum: [...kinds.keys()] } } } });
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
  const origin = {
    versions: Object.fromEntries([...kinds].map(([kind, { version }]) => [kind, version])),
    hash: createHash("sha256").update(textOf(schema)).digest("hex").slice(0, 16),
  };
  return { $jsonSchema: { description: JSON.stringify(origin), ...schema } };
}

/** Gives what one of ours checks; undefined for somebody else's, or one of another layout. */
function kindsOf(validator: unknown, place: Place): Kinds | undefined {
  const schema = (validator as Partial<Validator> | undefined)?.$jsonSchema;
  const versions = originOf(validator)?.versions;
  if (versions === undefined || !Array.isArray(schema?.anyOf)) return undefined;
  const named = "kind" in place.fields;
  const kinds = new Map<string, Checked>();
  for (const [kind, version] of Object.entries(versions)) {
    const schemas = (schema.anyOf as readonly { readonly properties?: Record<string, Schema> }[]).flatMap(
      ({ properties }) => {
        const isItsOwn = !named || (properties?.kind?.enum as unknown[] | undefined)?.includes(kind);
        return isItsOwn && properties?.data !== undefined ? [properties.data] : [];
      },
    );
    kinds.set(kind, { version: Number(version), schemas });
  }
  return kinds;
}

interface Origin {
  readonly versions: Readonly<Record<string, number>>;
  readonly hash: string;
}

function hashOf(validator: unknown): string | undefined {
  return originOf(validator)?.hash;
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

/** The same for what was read from the server as for what was sent to it. */
function textOf(schema: object): string {
  return BSON.EJSON.stringify(schema, { relaxed: true });
}
