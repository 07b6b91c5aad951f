import type { CommandLine } from "./command-line.ts";

const EXAMPLES = `
In the configuration of sqlc, which runs it:
  plugins:
    - name: ts
      process: { cmd: ./node_modules/.bin/solitude-gen }
      env: [PATH]
  sql:
    - engine: postgresql
      schema: schema.sql
      queries: query.sql
      codegen:
        - { plugin: ts, out: src/db, options: { driver: pg } }

It analyses the schema and the queries itself, as \`solitude-gen generate\` does, which writes the same of such a configuration.`;

export const pluginLine: CommandLine = (program, run) => {
  program
    .command("plugin")
    .argument("[method]", "what sqlc calls it with")
    .description(
      "answer sqlc as a process plugin: a request on standard input, TypeScript on standard output",
    )
    .addHelpText("after", EXAMPLES)
    .action(() =>
      run(async ({ pipeline, terminal, globals }) => {
        const { plugin } = await import("../commands/plugin.ts");
        return plugin(pipeline, terminal, globals);
      }),
    );
};
