/** Where output goes. Standard output carries what was asked for (JSON, a table, a diff), standard error all the rest. */
export interface Terminal {
  /** Resolves when the text is handed over, so that the process may end right after; a failure is an `error` event of the stream. */
  out(text: string): Promise<void>;
  err(text: string): void;
  /** Says on standard output how a check went: what nobody reads who wants errors only. */
  tell(text: string): Promise<void>;
  /** Says on standard error what was done, as `tell` does. */
  note(text: string): void;
  readonly outColor: boolean;
  readonly errColor: boolean;
  /** Whether a line on standard error can be redrawn. */
  readonly canRedraw: boolean;
  /** What a person types to run this command here. */
  readonly command: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** https://no-color.org and https://force-color.org; what the command line says comes first. */
export function wantsColor(flag: boolean | undefined, env: Environment, isTerminal: boolean): boolean {
  if (flag !== undefined) return flag;
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "") {
    return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  }
  return isTerminal && env.TERM !== "dumb";
}

/** What package managers say of themselves to what they run: to those, the command is in node_modules and not on the PATH. */
const RUNNERS: readonly (readonly [RegExp, string])[] = [
  [/^pnpm\//, "pnpm exec "],
  [/^yarn\//, "yarn "],
  [/^bun\//, "bunx "],
  [/^npm\//, "npx "],
];

/** Gives what a person types to run the command here: behind `npx` or the like where a package manager has run it, or by itself. */
export function commandHere({ npm_config_user_agent: agent = "" }: Environment): string {
  return `${RUNNERS.find(([pattern]) => pattern.test(agent))?.[1] ?? ""}solitude-gen`;
}

/** Adds what is said of what goes well: nothing where errors only are wanted. */
export function telling(streams: Omit<Terminal, "tell" | "note">, quiet: boolean): Terminal {
  const tell = quiet ? async () => {} : streams.out;
  const note = quiet ? () => {} : streams.err;
  return { ...streams, tell, note };
}

export function processTerminal(color: boolean | undefined, quiet: boolean): Terminal {
  const { stdout, stderr, env } = process;
  const streams = {
    out: (text: string): Promise<void> =>
      // Also where it could not be written: that is for who listens to the stream.
      new Promise((resolve) => {
        stdout.write(text, () => resolve());
      }),
    err: (text: string): void => void stderr.write(text),
    outColor: wantsColor(color, env, stdout.isTTY === true),
    errColor: wantsColor(color, env, stderr.isTTY === true),
    canRedraw: stderr.isTTY === true && env.TERM !== "dumb" && env.CI === undefined,
    command: commandHere(env),
  };
  return telling(streams, quiet);
}
