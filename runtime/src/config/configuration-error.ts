/** One thing that is wrong with the environment. */
export interface ConfigurationProblem {
  readonly variable: string;
  /** What is wrong, to be read after the variable's name. Never a secret's value. */
  readonly message: string;
}

/** All that is wrong with the environment. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly #problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[]) {
    const width = Math.max(...problems.map(({ variable }) => variable.length));
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.map(({ variable, message }) => `  ${variable.padEnd(width)}  ${message}`);
    super(`${count} in the configuration:\n${lines.join("\n")}`);
    this.#problems = problems;
  }

  /** The same as in the message; no property of its own, so that a printed error does not say it twice. */
  get problems(): readonly ConfigurationProblem[] {
    return this.#problems;
  }
}
