import { createProgram } from "../../generator/src/cli/program.ts";

/** The page of every command, as its `--help` says it. */
export function commandsPage(): string {
  const program = createProgram("0.0.0", async () => {}).configureHelp({ helpWidth: 100 });
  const commands = program.commands.filter(
    (command) => !(command as unknown as { _hidden?: boolean })._hidden,
  );
  const section = (title: string, help: string): string =>
    `## ${title}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`;
  return `# Commands

What \`npx solitude-gen <command> --help\` prints. Options that all commands have in common are in the first section.

${section("solitude-gen", helpOf(program))}
${commands.map((command) => section(`solitude-gen ${command.name()}`, helpOf(command.configureHelp({ helpWidth: 100, showGlobalOptions: false })))).join("\n")}`;
}

/** With what is added behind it, as examples are. */
function helpOf(command: ReturnType<typeof createProgram>): string {
  let help = "";
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
    getOutHasColors: () => false,
    getOutHelpWidth: () => 100,
  });
  command.outputHelp();
  return help;
}
