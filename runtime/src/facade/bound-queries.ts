import type { Client } from "../statement.ts";

/** Modules of generated functions, by the name under which they are reached. */
export type QueryModules = Readonly<Record<string, object>>;

/** Generated functions without their first parameter. */
export type BoundFunctions<M> = {
  readonly [K in keyof M as M[K] extends (client: Client, ...rest: never[]) => unknown
    ? K
    : never]: M[K] extends (client: Client, ...rest: infer R) => infer T ? (...rest: R) => T : never;
};

export type BoundQueries<M extends QueryModules> = { readonly [G in keyof M]: BoundFunctions<M[G]> };

/** Gives every object of that prototype, which has a `client`, the functions of these modules; each is bound when first used. */
export function defineQueries(prototype: { readonly client: Client }, modules: QueryModules): void {
  for (const [name, module] of Object.entries(modules)) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: true,
      get(this: { readonly client: Client }) {
        const value = bind(this.client, module);
        Object.defineProperty(this, name, { value, enumerable: true });
        return value;
      },
    });
  }
}

function bind(client: Client, module: object): object {
  const bound: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(module)) {
    if (typeof member === "function") bound[name] = (...rest: unknown[]) => member(client, ...rest);
  }
  return bound;
}
