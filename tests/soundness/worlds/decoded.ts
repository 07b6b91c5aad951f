import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { typescriptOptions } from "../../../generator/src/config/options/typescript.ts";
import { emitTypeScript } from "../../../generator/src/emit/emit.ts";
import { functionsOf, readTypes, tryFunction } from "../../cases/execution.ts";
import type { Subject } from "../subject.ts";

/** A number in computed JSON that JavaScript has none for is an error, as documented: what is delivered is never rounded. */
const TOO_EXACT = /^DecodeError: .* holds a number that JavaScript's cannot hold exactly/;

/** Generates code for all accepted queries, calls it on every filling, and gives what differs from the types that it declares. */
export async function brokenTypes(subject: Subject): Promise<{ broken: string[]; called: number }> {
  const folder = await mkdtemp(join(tmpdir(), "solitude-gen-worlds-"));
  try {
    // PostgreSQL's own limits aside, names alone tell the functions from one another.
    const queries = [...subject.held].map((query, i) => ({ ...query, name: `Q${i}` }));
    const set = { index: 0, catalog: await subject.catalog(), queries };
    await mkdir(folder, { recursive: true });
    for (const { path, contents } of emitTypeScript(set, typescriptOptions.parse({})).files)
      await writeFile(join(folder, path), contents);
    const generated = { set, folder };
    const functions = await functionsOf(generated, readTypes([folder]));
    const broken: string[] = [];
    let called = 0;
    for (const executor of subject.executors) {
      for (const filling of executor.fillings) {
        await executor.within(filling, async () => {
          for (const callable of functions) {
            const { executed, wrong } = await tryFunction(generated, callable, executor.client);
            if (executed) called++;
            if (wrong && !TOO_EXACT.test(wrong))
              broken.push(`${wrong} (${executor.name}, ${filling})\n${callable.query.sql.text}`);
          }
        });
      }
    }
    return { broken, called };
  } finally {
    await rm(folder, { recursive: true });
  }
}
