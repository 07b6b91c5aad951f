import { installSecantusdb, runSecantusdb } from "../../stack/processes/secantusdb.mjs";
import { buildFerretdb, runFerretdb } from "./ferretdb.mjs";

/**
 * What starts a server that is a child of ours, so that a test can kill it: SecantusDB, else FerretDB; or the one that
 * SOLITUDE_TEST_MONGO names.
 * @param {(text: string) => void} say
 * @returns {Promise<(place: { data: string, address: string }) => ReturnType<typeof runFerretdb>>}
 * @throws with what was missing for each
 */
export async function killableServer(say) {
  const wanted = process.env.SOLITUDE_TEST_MONGO;
  const problems = [];
  for (const [name, prepare, run, args] of [
    // By default it acknowledges what is not on the disk.
    ["secantusdb", installSecantusdb, runSecantusdb, ["--sync-on-commit"]],
    ["ferretdb", buildFerretdb, runFerretdb, []],
  ]) {
    if (wanted !== undefined && wanted !== name) continue;
    try {
      const program = await prepare(say);
      return (place) => run(program, { ...place, args });
    } catch (error) {
      problems.push(error.message);
    }
  }
  throw new Error(problems.join("\n"));
}
