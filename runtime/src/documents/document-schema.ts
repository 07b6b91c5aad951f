import type { z } from "zod";

/** What a collection's data may be declared as: one kind of object, or several that a field with a constant tells apart. */
export type DocumentSchema = z.ZodObject | z.ZodDiscriminatedUnion<readonly z.ZodObject[], string>;

/** The objects that data of the schema may be: one, or the branches of its union. */
export function branchesOf(schema: DocumentSchema): readonly z.ZodObject[] {
  return schema.def.type === "union"
    ? (schema.def.options as readonly z.ZodObject[])
    : [schema as z.ZodObject];
}

/** The field that tells the branches of a union apart; undefined of one object. */
export function discriminatorOf(schema: DocumentSchema): string | undefined {
  return schema.def.type === "union" ? schema.def.discriminator : undefined;
}

/** The branch that these data are of; undefined where they are of none. */
export function branchOf(schema: DocumentSchema, data: unknown): z.ZodObject | undefined {
  const branches = branchesOf(schema);
  const discriminator = discriminatorOf(schema);
  if (discriminator === undefined) return branches[0];
  const value = (data as Record<string, unknown> | undefined)?.[discriminator];
  return branches.find((branch) =>
    (branch._zod.propValues?.[discriminator] as ReadonlySet<unknown> | undefined)?.has(value),
  );
}

/** The names of the fields that any branch declares. */
export function fieldsOf(schema: DocumentSchema): ReadonlySet<string> {
  return new Set(branchesOf(schema).flatMap((branch) => Object.keys(branch.shape)));
}

/** Keeps a union a union: `Pick` alone makes one object of its branches. */
export type PickOfEach<T, K extends PropertyKey> = T extends unknown ? Pick<T, K & keyof T> : never;

export type OmitOfEach<T, K extends PropertyKey> = [K] extends [never]
  ? T
  : T extends unknown
    ? Omit<T, K>
    : never;

/** The keys that any branch of a union has. */
export type KeyOfAny<T> = T extends unknown ? keyof T & string : never;
