import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Project, ts } from "ts-morph";
import { ROOT } from "./bundle.mjs";

/** Warnings about what is not needed any more: no mistake of a mutant's. */
const LENIENT = {
  ...{ noEmit: true, composite: false, incremental: false, declaration: false, sourceMap: false },
  ...{ noUnusedLocals: false, noUnusedParameters: false, allowUnreachableCode: true },
};

/**
 * Finds the mutants that the compiler refuses: no test has to see them, since no build comes of them. Each is compiled as a file of
 * its own beside the one that it is made of, all of them as one program.
 * @param {readonly import("./mutants.d.mts").Mutant[]} mutants
 * @returns {Set<number>} their numbers
 */
export function refusedByCompiler(mutants) {
  const configOf = ({ file }) => ts.findConfigFile(dirname(join(ROOT, file)), ts.sys.fileExists);
  const configs = new Set(mutants.map(configOf));
  return new Set(
    [...configs].flatMap((config) =>
      refusedIn(
        config,
        mutants.filter((one) => configOf(one) === config),
      ),
    ),
  );
}

function refusedIn(config, mutants) {
  // It brings along the declarations of the language itself, which the compiler would look for beside its own file, in vain.
  const project = new Project({
    tsConfigFilePath: config,
    skipAddingFilesFromTsConfig: true,
    compilerOptions: LENIENT,
  });
  const add = (file, id, text) => {
    const path = join(ROOT, file.replace(/\.ts$/, `.mutant-${id}.ts`));
    project.createSourceFile(path, text);
    return path;
  };
  const sources = new Map(
    [...new Set(mutants.map(({ file }) => file))].map((file) => [file, readFileSync(join(ROOT, file))]),
  );
  // As it is, what a copy says differs already: it has classes of its own.
  const asItIs = new Map([...sources].map(([file, bytes]) => [file, add(file, 0, bytes.toString())]));
  const paths = mutants.map(({ file, id, start, end, text }) => {
    const bytes = sources.get(file);
    return add(file, id, `${bytes.subarray(0, start)}${text}${bytes.subarray(end)}`);
  });
  const program = project.getProgram().compilerObject;
  const saidOf = (path) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(path))
      .map(({ code, messageText }) =>
        `${code} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`.replace(/\.mutant-\d+/g, ""),
      );
  const usual = new Map([...asItIs].map(([file, path]) => [file, saidOf(path)]));
  return mutants.flatMap(({ file, id }, i) => {
    const rest = [...usual.get(file)];
    const isNew = (said) => {
      const known = rest.indexOf(said);
      if (known !== -1) rest.splice(known, 1);
      return known === -1;
    };
    return saidOf(paths[i]).some(isNew) ? [id] : [];
  });
}
