import type { Oid } from "../model/catalog.ts";
import type { Definition, Definitions } from "../postgres/definitions.ts";
import type { Mentions } from "../postgres/mentions.ts";
import { FIRST_NORMAL_OID } from "../postgres/normal-oid.ts";
import { canMean } from "../postgres/words.ts";

/**
 * Tells which results of one database hold on another: those of which nothing that they rest on is another object there, or has another
 * definition, and in whose words no name can be found that means something else now.
 */
export class WhatStays {
  readonly #before: Definitions;
  readonly #after: Definitions;
  /** Null where something changed that counts for every statement. */
  readonly #changed: ReadonlySet<string> | null;
  readonly #names: readonly string[];

  constructor(before: Definitions, after: Definitions) {
    this.#before = before;
    this.#after = after;
    this.#changed = changesBetween(before.objects, after.objects);
    this.#names = [...namesOf(this.#changed ?? [], before.objects, after.objects)];
  }

  /** Tells whether what rests on these is the same. */
  holds({ oids, words }: Mentions): boolean {
    const changed = this.#changed;
    if (changed === null) return false;
    for (const oid of oids) {
      if (!isOwn(oid)) continue;
      const identity = this.#before.identities.get(oid);
      // A tree has other large numbers, too.
      if (identity !== undefined && (changed.has(identity) || this.oid(oid) === null)) return false;
    }
    if (this.#names.length === 0) return true;
    const found = new Set(words);
    return !this.#names.some((name) => canMean(found, name));
  }

  /** Gives the oid that an object has now; null where it is not there, or another. */
  oid(before: Oid): Oid | null {
    if (!isOwn(before)) return before;
    const identity = this.#before.identities.get(before);
    const now = identity === undefined ? undefined : this.#after.objects.get(identity);
    return now === undefined || this.#changed?.has(identity!) !== false ? null : now.oid;
  }
}

type Objects = Definitions["objects"];

/** PostgreSQL's own objects are the same everywhere. */
const isOwn = (oid: Oid): boolean => oid >= FIRST_NORMAL_OID;

/** Gives what differs, and everything that what differs can be of consequence for; null where that is every statement. */
function changesBetween(before: Objects, after: Objects): ReadonlySet<string> | null {
  const changed = new Set<string>();
  for (const [identity, { text }] of before) if (after.get(identity)?.text !== text) changed.add(identity);
  for (const identity of after.keys()) if (!before.has(identity)) changed.add(identity);
  if (changed.size === 0) return changed;
  const users = usersOf([before, after]);
  for (const identity of changed) {
    for (const objects of [before, after]) {
      const object = objects.get(identity);
      if (object === undefined) continue;
      if (object.isForAll) return null;
      // Where it may be hidden by one of its name, or no longer is, it is called otherwise.
      for (const namesake of users.named.get(object.name) ?? []) changed.add(namesake);
      for (const { identity: reader, words } of users.readers)
        if (words === null || canMean(words, object.name)) changed.add(reader);
    }
    for (const user of users.referring.get(identity) ?? []) changed.add(user);
  }
  return changed;
}

interface Users {
  readonly referring: ReadonlyMap<string, readonly string[]>;
  readonly named: ReadonlyMap<string, readonly string[]>;
  /** Functions with a body that names are looked up in when it is read. */
  readonly readers: readonly Reader[];
}

interface Reader {
  readonly identity: string;
  /** Null where they cannot be told. */
  readonly words: ReadonlySet<string> | null;
}

function usersOf(both: readonly Objects[]): Users {
  const referring = new Map<string, string[]>();
  const named = new Map<string, string[]>();
  const readers: Reader[] = [];
  for (const objects of both)
    for (const [identity, { name, refersTo, body }] of objects) {
      append(named, name, identity);
      for (const other of refersTo) append(referring, other, identity);
      if (body !== null) readers.push({ identity, words: body.words });
    }
  return { referring, named, readers };
}

function append(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

function namesOf(identities: Iterable<string>, ...all: readonly Objects[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const identity of identities)
    for (const objects of all) {
      const object: Definition | undefined = objects.get(identity);
      if (object) names.add(object.name);
    }
  return names;
}
