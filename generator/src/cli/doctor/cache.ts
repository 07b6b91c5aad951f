import { existsSync } from "node:fs";
import { access, constants, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isEntry } from "../../cache/content-cache.ts";
import { reasonOf } from "../../diagnostics/file-problem.ts";
import { FileError } from "../../files/files.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Examination } from "./examination.ts";

/** Looks whether results of earlier runs can be kept, and how much is there. Nothing of it is changed. */
export async function examineCache(folder: string): Promise<Examination> {
  const names = (await readdir(folder).catch(() => [])).filter(isEntry);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1024 / 1024;
  const detail = `${folder}, ${names.length === 0 ? "empty" : `${names.length} entries, ${megabytes.toFixed(0)} MB`}`;
  const problem = await writeProblem(folder);
  return { name: "cache", detail, findings: problem === null ? [] : [problem] };
}

async function writeProblem(folder: string): Promise<Diagnostic | null> {
  try {
    if (existsSync(folder)) {
      const probe = join(folder, `probe-${process.pid}`);
      await writeFile(probe, "");
      await rm(probe, { force: true });
    } else {
      // Where it would be made.
      let above = dirname(folder);
      while (!existsSync(above)) above = dirname(above);
      if (!(await stat(above)).isDirectory()) throw new FileError("ENOTDIR", above);
      await access(above, constants.W_OK);
    }
    return null;
  } catch (error) {
    return {
      code: "doctor-cache",
      severity: "warning",
      message: `nothing can be kept in ${folder}: ${reasonOf(error)}; each run analyzes everything anew`,
      hint: "Let it be written, or name another folder in the environment variable SOLITUDE_GEN_CACHE.",
    };
  }
}
