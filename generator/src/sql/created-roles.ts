import { foldName, unquote } from "./quoting.ts";

const CREATE_ROLE = /\bcreate\s+(?:role|user|group)\s+("(?:[^"]|"")+"|[\w$]+)/gi;

/** Gives the names of the roles that a text creates. */
export function rolesCreatedIn(text: string): string[] {
  return Array.from(text.matchAll(CREATE_ROLE), ([, name]) =>
    name!.startsWith('"') ? unquote(name!) : foldName(name!),
  );
}
