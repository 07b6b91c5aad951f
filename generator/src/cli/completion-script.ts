import completions from "@bomb.sh/tab";

/** Prints the script for a shell, which calls `<name> complete -- <words>` for what may come next. */
export function printScript(name: string, shell: string): void {
  const print = console.log;
  // The library's constants are read-only in bash: of what is sourced twice, or beside a tool's with the same library, each would be an
  // error. They are set where they are not.
  console.log = (script: string) => print(script.replace(/^readonly (\w+)=(\d+)$/gm, ': "$${$1:=$2}"'));
  try {
    completions.setup(name, name, shell);
  } finally {
    console.log = print;
  }
}
