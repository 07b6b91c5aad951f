/** Milliseconds for which a function that goes on failing is not told of again. */
const QUIET = 60_000;

/**
 * Gives what calls a function that the application has handed in, whatever it does: what it throws, or its promise rejects with,
 * is a warning of the process, for nobody else could be told. One that fails again and again is told of once a minute.
 * @param name the option that it was given as
 */
export function guarded<A extends unknown[]>(
  name: string,
  call: ((...args: A) => unknown) | undefined,
): (...args: A) => void {
  if (call === undefined) return () => {};
  const warn = warnerOf(name);
  return (...args) => {
    try {
      const result = call(...args);
      if (result instanceof Promise) result.catch(warn);
    } catch (error) {
      warn(error);
    }
  };
}

/** Gives what warns of what something that the application has handed in has thrown; once a minute. */
export function warnerOf(name: string): (error: unknown) => void {
  let quietUntil = 0;
  let untold = 0;
  return (error) => {
    const now = performance.now();
    if (now < quietUntil) {
      untold++;
      return;
    }
    const before = untold === 0 ? "" : ` (and ${untold} times before, which were not told)`;
    quietUntil = now + QUIET;
    untold = 0;
    process.emitWarning(`${name} failed${before}: ${textOf(error)}`, { type: "CallbackWarning" });
  };
}

/** Whatever it is that was thrown: not every value has a text. */
function textOf(thrown: unknown): string {
  try {
    return `${thrown instanceof Error ? thrown.stack : String(thrown)}`;
  } catch {
    return "what it threw has no text";
  }
}
