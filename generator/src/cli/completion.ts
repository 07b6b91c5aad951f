import completions from "@bomb.sh/tab";
import completionsOf from "@bomb.sh/tab/commander";
import { completionLine } from "./command-lines/completion.ts";
import { createProgram } from "./program.ts";

/** What tells a shell to complete the name of a file. */
const FILES = ":0\n";

/** Prints what may stand in the place of the last of the words; each line has a word, a tab and what it means. */
export async function printCompletions(version: string, words: readonly string[]): Promise<void> {
  // The library adds that command itself.
  const program = createProgram(version, async () => {}, completionLine);
  const last = words.at(-2) ?? "";
  const takesPath = [program, ...program.commands]
    .flatMap(({ options }) => options)
    .some(
      ({ short, long, flags }) => [short, long].includes(last) && /<[^>]*(?:path|file|folder)/.test(flags),
    );
  if (takesPath) return void process.stdout.write(FILES);

  completionsOf(program, { completionCommandName: "completion" });
  for (const command of completions.commands.values()) {
    for (const [name, option] of completions.options) {
      if (!command.options.has(name)) command.options.set(name, option);
    }
  }
  if (words[0] === "explain") {
    const codes = await allCodes();
    completions.commands.get("explain")?.argument("what", (complete) => {
      for (const [code, meaning] of codes) complete(code, meaning);
    });
  }
  completions.parse([...words]);
}

async function allCodes(): Promise<[code: string, meaning: string][]> {
  const { readManual } = await import("../diagnostics/manual.ts");
  const { RULES } = await import("../check/rules/registry.ts");
  return [
    ...(await readManual()).map(({ code, meaning }): [string, string] => [code, meaning]),
    ...[...RULES.values()].map(({ code, summary }): [string, string] => [code, summary]),
  ];
}
