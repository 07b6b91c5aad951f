import type { CommandLine } from "./command-line.ts";

const EXAMPLES = `
Examples:
  solitude-gen doctor
  solitude-gen doctor --json | jq '.findings[] | select(.severity == "error")'

Looks at what everything else stands on: Node and the packages, the cache, the configuration and its files, the packages
of PostgreSQL's extensions, the embedded PostgreSQL itself, servers that the configuration names. Nothing is changed; of
a server its version is asked. Exit code 1 where something is an error.`;

export const doctorLine: CommandLine = (program, run) => {
  program
    .command("doctor")
    .description("say what is wrong with the installation and the project's surroundings, and how to mend it")
    .option("--json", "print what was found as JSON")
    .addHelpText("after", EXAMPLES)
    .action(({ json = false }: { json?: boolean }) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { doctor } = await import("../commands/doctor.ts");
        return doctor(pipeline, terminal, { ...globals, json });
      }),
    );
};
