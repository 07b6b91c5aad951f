import { recall } from "../cache/output-memory.ts";
import type { LoadedConfig } from "../config/load.ts";
import { DiskFiles } from "../files/disk-files.ts";
import { KeptFiles } from "../files/kept-files.ts";
import { planOutput } from "../output/plan.ts";
import { writeOutput } from "../output/write.ts";
import { readFiles } from "../source/read-source.ts";
import { summarize, upToDate } from "./summary.ts";

/**
 * Repeats the last run, of whose files none seems to have changed.
 * @param args of the command line, behind `generate`
 * @returns false where one has, or the output is not what that run made: then nothing was done
 */
export async function repeat(loaded: LoadedConfig, args: readonly string[]): Promise<boolean> {
  const from = new KeptFiles(new DiskFiles(loaded.root));
  const files = await Promise.all(loaded.config.querySets.map((set) => readFiles(from, set)));
  const known = await recall(loaded, files);
  // Whoever has something to say has the rest of the command.
  if (known === null || known.diagnostics.length > 0) return false;
  const plan = await planOutput(known.sets, loaded.root);
  const isAsWanted =
    plan.diagnostics.length === 0 &&
    plan.leftover.length === 0 &&
    plan.wanted.every(({ kind }) => kind === "unchanged");
  if (!isAsWanted) return false;
  const isChecked = args.includes("--check");
  // Takes away what a run that was killed has left.
  const result = isChecked ? null : await writeOutput(plan);
  if (args.includes("--quiet") || args.includes("-q")) return true;
  // The reader of our output may have gone.
  process.stderr.on("error", () => {});
  const said = result ? summarize(result, known.queries) : upToDate(plan.wanted.length, known.queries);
  process.stderr.write(`${said}\n`);
  return true;
}
