export type Environment = Readonly<Record<string, string | undefined>>;

export interface Expanded {
  readonly text: string;
  /** Names of the variables that are not set, or empty. */
  readonly unset: readonly string[];
}

/** Puts environment variables in the place of `${NAME}`. */
export function expandVariables(text: string, environment: Environment): Expanded {
  const unset = new Set<string>();
  const expanded = text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = environment[name];
    if (value === undefined || value === "") unset.add(name);
    return value ?? "";
  });
  return { text: expanded, unset: [...unset] };
}
