import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/** Suites of which all that decides about them are files that they, and what they import, name. */
const OF_NAMED_FILES = /^runtime\/test\/.*\.test\.ts$/;

/** Suites that begin processes, with all that these are made of. */
const OF_FOLDERS = [
  {
    suites: /^tests\/stack\//,
    folders: [
      "stack",
      "tests/stack",
      "schema",
      "queries",
      "generated",
      "runtime",
      "docker-compose.yml",
      ".env.example",
      "package.json",
    ],
  },
];

/** What all of them run in; what chooses and orders them changes none of them. */
const SURROUNDINGS = [
  "jest.config.mjs",
  "package-lock.json",
  ...["environment", "left-behind", "runtime", "sharing"].map((name) => `tests/jest/${name}.mjs`),
  "tests/mongo",
  "tests/postgres",
  "tests/servers",
];

/** One in so many runs for each commit, of those of which nothing was touched. */
const PARTS = 3;

/**
 * Leaves out suites for which the last commits have changed nothing: a third of those runs, another one for each commit. A suite that reads files or begins processes by
 * itself, or whose history is not known, always runs.
 * @param {readonly string[]} paths of all suites, from the repository's root
 * @param {{ root: string, touched: readonly string[] | null, slice: number }} run
 * @returns {Set<string>} those that are left out
 */
export function untouchedSuites(paths, { root, touched, slice }) {
  if (touched === null) return new Set();
  const isTouched = (path) => touched.some((one) => one === path || one.startsWith(`${path}/`));
  if (SURROUNDINGS.some(isTouched)) return new Set();
  const read = new Map();
  const foldersOf = (path) => OF_FOLDERS.find(({ suites }) => suites.test(path))?.folders;
  const inTurn = paths
    .filter((path) => OF_NAMED_FILES.test(path) || foldersOf(path) !== undefined)
    .toSorted();
  return new Set(
    inTurn.filter((path, i) => {
      if (i % PARTS === slice % PARTS) return false;
      const named = foldersOf(path) ?? namedFiles(path, root, read);
      return named !== null && ![...named].some(isTouched);
    }),
  );
}

/** Gives the files that a suite is made of, with folders that they name; null where a test may look at others. */
function namedFiles(suite, root, read) {
  const found = new Set([suite]);
  for (const path of found) {
    if (!read.has(path)) read.set(path, namedIn(path, root));
    const named = read.get(path);
    if (named === null) return null;
    for (const one of named) found.add(one);
  }
  return found;
}

/** Of what a test is made of; what is tested reads what it is given, and what tests run in is known. */
const OF_TESTS = /^(?:runtime\/)?tests?\//;
const LOOKS_ELSEWHERE = /node:child_process|\breadFile(?:Sync)?\(|\breaddir(?:Sync)?\(/;
const NAMED = /(?:\bfrom|\bimport|\bimport\(|\bnew URL\()\s*["'](\.[^"'\n]+)["']/g;

function namedIn(path, root) {
  const file = join(root, path);
  if (!/\.[cm]?[jt]s$/.test(path) || !statSync(file).isFile()) return [];
  const text = readFileSync(file, "utf8");
  const isKnown = !OF_TESTS.test(path) || SURROUNDINGS.some((one) => path.startsWith(`${one}/`));
  if (!isKnown && LOOKS_ELSEWHERE.test(text)) return null;
  const names = [...text.matchAll(NAMED)].map(([, name = ""]) => join(dirname(file), name));
  return names
    .map((name) => (existsSync(name) ? name : name.replace(/\.js$/, ".ts")))
    .filter((name) => existsSync(name))
    .map((name) => relative(root, name).replaceAll(sep, "/").replace(/\/$/, ""));
}
