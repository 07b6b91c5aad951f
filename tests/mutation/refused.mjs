import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ts } from "ts-morph";
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
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, ts.sys.readFile).config,
    ts.sys,
    dirname(config),
  );
  const texts = new Map();
  const add = (file, id, text) => {
    const path = join(ROOT, file.replace(/\.ts$/, `.mutant-${id}.ts`));
    texts.set(path, text);
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
  const compilerOptions = { ...options, ...LENIENT };
  const host = ts.createCompilerHost(compilerOptions);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, ...more) =>
    texts.has(path)
      ? ts.createSourceFile(path, texts.get(path), ts.ScriptTarget.ES2023)
      : getSourceFile(path, ...more);
  const program = ts.createProgram([...texts.keys()], compilerOptions, host);
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
