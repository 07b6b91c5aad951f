/** What was made of things: a Map, or a WeakMap, which holds on to none of them. */
interface Made<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

/** Gives what was made of a thing before, or makes it. */
export function once<K, V extends object | string | null>(made: Made<K, V>, key: K, make: () => V): V {
  let value = made.get(key);
  if (value === undefined) {
    value = make();
    made.set(key, value);
  }
  return value;
}
