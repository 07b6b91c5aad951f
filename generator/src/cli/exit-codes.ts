import type { Diagnostic } from "../model/diagnostic.ts";

/** Part of the tool's interface: scripts and CI look at them. */
export const EXIT = { fine: 0, problems: 1, usage: 2, failure: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A database that cannot be used is no fault of the input; its diagnostics have codes that begin so. */
const FAILURE_CODE = /^(?:database|internal)-/;

export function exitCodeOf(diagnostics: readonly Diagnostic[]): ExitCode {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error");
  if (errors.length === 0) return EXIT.fine;
  return errors.some((error) => FAILURE_CODE.test(error.code)) ? EXIT.failure : EXIT.problems;
}

/** From which severity on a finding makes a command fail. */
export type FailOn = "warning" | "error";

export function failsFrom(diagnostics: readonly Diagnostic[], failOn: FailOn): ExitCode {
  const code = exitCodeOf(diagnostics);
  if (code !== EXIT.fine || failOn === "error") return code;
  return diagnostics.some(({ severity }) => severity === "warning") ? EXIT.problems : EXIT.fine;
}
