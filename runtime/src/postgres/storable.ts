import { prepareValue } from "./driver.ts";

/** Tells what PostgreSQL's text cannot hold of this one, or undefined. Sent all the same, a surrogate would become U+FFFD. */
export function whatIsUnstorable(text: string): string | undefined {
  if (!text.isWellFormed()) return "a lone surrogate, which is no character";
  return text.includes("\0") ? "the character U+0000, which PostgreSQL refuses" : undefined;
}

/** A value that cannot be sent, before it is known which query's it is. */
export class Unstorable extends Error {
  readonly place: number;

  constructor(reason: string, place: number) {
    super(reason);
    this.place = place;
  }
}

/**
 * A parameter's value as it is sent, which is what `pg` makes of it.
 * @throws Unstorable where the database cannot hold it
 */
export function writeValue(value: unknown, place: number): string | Buffer | null {
  if (value instanceof Date && Number.isNaN(value.getTime()))
    throw new Unstorable("a Date that is no point in time", place);
  const written = prepareValue(value);
  if (typeof written !== "string") return written;
  const reason = whatIsUnstorable(written);
  if (reason !== undefined) throw new Unstorable(reason, place);
  return written;
}
