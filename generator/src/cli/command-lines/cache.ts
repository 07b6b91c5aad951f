import type { CommandLine } from "./command-line.ts";

export const cacheLine: CommandLine = (program, run) => {
  program
    .command("cache")
    .description("manage the cache of analyzed schemas and queries")
    .command("clear")
    .description("delete it")
    .action(() =>
      run(async ({ pipeline, terminal, globals }) => {
        const { clearCache } = await import("../commands/clear-cache.ts");
        return clearCache(pipeline, terminal, globals);
      }),
    );
};
