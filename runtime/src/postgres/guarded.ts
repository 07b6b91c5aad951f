/**
 * Gives what calls a function that the application has handed in, whatever it does: what it throws, or its promise rejects with,
 * is a warning of the process, for nobody else could be told.
 * @param name the option that it was given as
 */
export function guarded<A extends unknown[]>(
  name: string,
  call: ((...args: A) => unknown) | undefined,
): (...args: A) => void {
  if (call === undefined) return () => {};
  const warn = (error: unknown): void => {
    process.emitWarning(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`, {
      type: "CallbackWarning",
    });
  };
  return (...args) => {
    try {
      const result = call(...args);
      if (result instanceof Promise) result.catch(warn);
    } catch (error) {
      warn(error);
    }
  };
}
