/** The parameters of a URL; reports those that nothing would come of. */
export function nothingBut<const K extends string>(
  known: readonly K[],
  parameters: URLSearchParams,
  report: (message: string) => void,
): { readonly [P in K]?: string } {
  for (const name of new Set(parameters.keys()))
    if (!(known as readonly string[]).includes(name))
      report(
        `has the parameter ${JSON.stringify(name)}, which is not supported; those that are: ${known.join(", ")}`,
      );
  return Object.fromEntries(
    known.flatMap((name) => {
      const value = parameters.get(name);
      return value === null || value === "" ? [] : [[name, value]];
    }),
  ) as { readonly [P in K]?: string };
}
