/** Tells whether a list of table names in the configuration has the table. */
export function lists(
  names: readonly string[],
  table: { readonly schema: string; readonly name: string },
): boolean {
  return names.some(
    (name) => name === "*" || name === table.name || name === `${table.schema}.${table.name}`,
  );
}
