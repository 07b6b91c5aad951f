import { AsyncResource } from "node:async_hooks";
import { withoutDeadline } from "./deadline.ts";

/** Made when this was loaded, so that it is no call's. */
const own = new AsyncResource("solitude");

/**
 * Does what is no part of the call that was its occasion, and outlives it: neither that call's deadline nor any other
 * `AsyncLocalStorage` of its caller's, such as a tenant's scope, holds for it.
 */
export function aside<T>(work: () => T): T {
  return own.runInAsyncScope(() => withoutDeadline(work));
}

/**
 * Keeps a function that a caller has handed in within the caller's context, whoever calls it: a connection's events come in the
 * context of who had it opened, which may be another tenant's.
 */
export function inContext<A extends unknown[], R>(work: (...args: A) => R): (...args: A) => R {
  return AsyncResource.bind(work);
}
