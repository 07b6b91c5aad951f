import type { z } from "zod";

/** One variable: how it is read, and what the manual says of it. */
export interface Setting<T> {
  readonly schema: z.ZodType<unknown, string>;
  readonly description: string;
  /** What it can be, for readers. */
  readonly accepts: string;
  /** As it would be written in the environment. */
  readonly default?: string;
  readonly example?: string;
  /** Its value is never shown, and may come from the file that `<variable>_FILE` names. */
  readonly secret?: true;
  /** Carries the type; never there. */
  readonly type?: T;
}

type About = Omit<Setting<unknown>, "schema" | "type">;

/** A variable with a default. */
export function setting<T>(
  schema: z.ZodType<T, string>,
  about: About & { readonly default: string },
): Setting<T> {
  return { schema, ...about };
}

/** A variable that may be missing. */
export function optional<T>(schema: z.ZodType<T, string>, about: About): Setting<T | undefined> {
  return { schema, ...about };
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The values of a group's variables. */
export type Values<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};
