import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

// Doc comments of functions and methods begin with what these do, a verb: "Tells whether …", "Gives what …", "Finds where …".

const FOLDERS = ["generator/src", "runtime/src"];
/** A doc comment that begins with a question word, and the line below it. */
const COMMENT =
  /\/\*\*\s*(?:\*\s)?(What|Whether|Who|Which|Where|How|Why)\s(?:(?!\*\/)[\s\S])*\*\/\n([^\n]*)/g;
const FUNCTION =
  /^(?:export )?(?:default )?(?:async )?function\b|^(?:export )?const \w+(?:: [^=]+)? = (?:async )?(?:\(|<|\w+ =>)|^ {2}(?:static |async |get |override )*\*?#?(?!if|for|while|switch|return)\w+(?:<[^>]*>)?\(/;

/** Gives the places of comments that begin otherwise, `file:line: its first words`. */
export function misbegun(file, text) {
  return Array.from(text.matchAll(COMMENT))
    .filter(([, , below]) => FUNCTION.test(below))
    .map((match) => {
      const line = text.slice(0, match.index).split("\n").length;
      return `${file}:${line}: a doc comment begins with "${match[1]}"; begin with what the function does`;
    });
}

if (process.argv[1] === import.meta.filename) {
  const problems = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .sort()
      .flatMap((path) => misbegun(join(folder, path), readFileSync(join(folder, path), "utf8"))),
  );
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
