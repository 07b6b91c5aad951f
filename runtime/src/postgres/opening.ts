import type { Packet } from "./packet.ts";
import { type PreparedStatements, sendParse, statementName } from "./prepared-statements.ts";

/**
 * A statement that goes out in front of another, in the same packet and before the same Sync, such as BEGIN or what sets a
 * scope's settings. Where it fails, the server skips what it is in front of. The rows that it gives are nobody's.
 */
export interface Opening {
  /** For the name of the prepared statement; empty where it is not to be prepared. */
  readonly label: string;
  readonly text: string;
  readonly values: readonly string[];
}

/** Where nothing has to go out first. */
export const NO_OPENING: readonly Opening[] = [];

/** The name under which it is prepared; none where statements are not. */
export function openingName({ text, label }: Opening, prepared: PreparedStatements | undefined): string {
  return prepared === undefined || label === "" ? "" : statementName(text, label);
}

/** Sends them, one after the other. @param parse what sends a Parse, where it is needed */
export function sendOpenings(
  packet: Packet,
  openings: readonly Opening[],
  prepared: PreparedStatements | undefined,
  parse: (name: string, text: string) => void = (name, text) => {
    sendParse(packet, prepared, name, text);
  },
): void {
  for (const opening of openings) {
    const name = openingName(opening, prepared);
    parse(name, opening.text);
    packet.bind(name, opening.values).execute();
  }
}

/** They have succeeded. */
export function confirmOpenings(
  openings: readonly Opening[],
  prepared: PreparedStatements | undefined,
): void {
  for (const opening of openings) prepared?.confirm(openingName(opening, prepared));
}

/** The server refused one of what was sent together, and does not say which. */
export function doubtOpenings(openings: readonly Opening[], prepared: PreparedStatements | undefined): void {
  for (const opening of openings) prepared?.doubt(openingName(opening, prepared), opening.text);
}
