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

/** An object that has queries. @typeParam X what they are bound to beside the client */
export class Members<C extends Client, X = undefined> {
  readonly client: C;
  readonly #context: X;

  constructor(client: C, context: X) {
    this.client = client;
    this.#context = context;
  }

  /** Gives every object of that prototype the functions of these modules; each module is bound when it is first used. */
  static define<X>(
    { prototype }: { readonly prototype: Members<Client, X> },
    modules: QueryModules,
    bind: Bind<X>,
  ): void {
    for (const [name, module] of Object.entries(modules)) {
      Object.defineProperty(prototype, name, {
        configurable: true,
        enumerable: true,
        get(this: Members<Client, X>) {
          const value = bind(this.client, name, module, this.#context);
          Object.defineProperty(this, name, { value, enumerable: true });
          return value;
        },
      });
    }
  }
}

/** Makes functions that run on a client of those of a module, whose name is `group`. */
export type Bind<X> = (client: Client, group: string, module: object, context: X) => object;

export function bindToClient(client: Client, _group: string, module: object): object {
  const bound: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(module)) {
    if (typeof member === "function") bound[name] = (...rest: unknown[]) => member(client, ...rest);
  }
  return bound;
}
