import completions from "@bomb.sh/tab";

/** Prints the script for a shell, which calls `<name> complete -- <words>` for what may come next. */
export function printScript(name: string, shell: string): void {
  completions.setup(name, name, shell);
}
