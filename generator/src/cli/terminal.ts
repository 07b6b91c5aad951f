/** Where output goes. Standard output carries what was asked for (JSON, a table, a diff), standard error all the rest. */
export interface Terminal {
  /** Resolves when the text is handed over, so that the process may end right after; a failure is an `error` event of the stream. */
  out(text: string): Promise<void>;
  err(text: string): void;
  readonly outColor: boolean;
  readonly errColor: boolean;
  /** Whether a line on standard error can be redrawn. */
  readonly canRedraw: boolean;
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

export function processTerminal(color: boolean | undefined): Terminal {
  const { stdout, stderr, env } = process;
  return {
    out: (text) =>
      // Also where it could not be written: that is for who listens to the stream.
      new Promise((resolve) => {
        stdout.write(text, () => resolve());
      }),
    err: (text) => void stderr.write(text),
    outColor: wantsColor(color, env, stdout.isTTY === true),
    errColor: wantsColor(color, env, stderr.isTTY === true),
    canRedraw: stderr.isTTY === true && env.TERM !== "dumb" && env.CI === undefined,
  };
}
