import { Argument } from "commander";
import { EXIT } from "../exit-codes.ts";
import type { CommandLine } from "./command-line.ts";

const EXAMPLES = `
Examples:
  echo 'source <(solitude-gen completion bash)' >> ~/.bashrc
  echo 'source <(solitude-gen completion zsh)' >> ~/.zshrc
  solitude-gen completion fish > ~/.config/fish/completions/solitude-gen.fish
  Add-Content $PROFILE 'solitude-gen completion powershell | Out-String | Invoke-Expression'

bash needs the package bash-completion. What is completed is \`solitude-gen\` as it is found on the PATH; for one installed
in a project, put its node_modules/.bin there.`;

export const completionLine: CommandLine = (program, run) => {
  program
    .command("completion")
    .description("print a script that completes commands and options in a shell")
    .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish", "powershell"]))
    .addHelpText("after", EXAMPLES)
    .action((shell: string) =>
      run(async () => {
        const { printScript } = await import("../completion-script.ts");
        printScript(program.name(), shell);
        return EXIT.fine;
      }),
    );
};
