/**
 * Imports a module that is known by its name or address only when it is wanted, a package of the user's for one.
 * The build keeps this file apart from the command's bundle: of code that was compiled before, Node imports nothing without a warning.
 */
export const importModule = (specifier: string): Promise<Readonly<Record<string, unknown>>> =>
  import(specifier);
