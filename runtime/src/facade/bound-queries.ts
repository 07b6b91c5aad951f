import type { Client } from "../statement.ts";

/** Modules of generated functions, by the name under which they are reached. */
export type QueryModules = Readonly<Record<string, object>>;

/**
 * The last three signatures of a function behind its client, of which the last is the general one: where a flag asks for columns, each of its
 * literal values has one. A function of fewer has its first again in place of those that lack.
 */
type Calls<F> = F extends {
  (client: Client, ...rest: infer A): infer R;
  (client: Client, ...rest: infer B): infer S;
  (client: Client, ...rest: infer C): infer T;
}
  ? [(...rest: A) => R, (...rest: B) => S, (...rest: C) => T]
  : never;

/** A function of these signatures; of one alone where they are all alike. */
export type Overloaded<C> = C extends [infer A, infer B, infer T]
  ? Alike<A, T> extends true
    ? T
    : A & B & T
  : never;

type Alike<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** The signatures of generated functions without their first parameter. */
export type BoundCalls<M> = {
  readonly [K in keyof M as M[K] extends (client: Client, ...rest: never[]) => unknown ? K : never]: Calls<
    M[K]
  >;
};

/** Generated functions without their first parameter. */
export type BoundFunctions<M> = { readonly [K in keyof BoundCalls<M>]: Overloaded<BoundCalls<M>[K]> };

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
