/** Makes an object unchangeable, and all plain objects and arrays in it. */
export function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === "object" && inner !== null && !Object.isFrozen(inner)) freeze(inner);
  return Object.freeze(value);
}
