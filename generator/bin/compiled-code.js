// Node compiles what it loads anew in every process, which a short run feels. What V8 made of the bundle, and of PGlite, is kept beside
// the packages that are installed, as other tools keep theirs.
const {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, join } = require("node:path");
const { Script } = require("node:vm");

/** How long the mark is that the build begins the bundle with. */
const MARK = 40;
/** From how many microseconds of CPU on a run does not feel what compiling takes, and has compiled what shorter ones would only read. */
const LONG = 2_000_000;

/** Other runtimes keep their own, and Node's own switch turns ours off. */
const isOff = process.versions.bun || process.versions.deno || process.env.NODE_DISABLE_COMPILE_CACHE;

/**
 * Runs a CommonJS file, with the code that V8 has compiled of it in an earlier run of the same command.
 * @param {string} file
 * @param {string} command what runs of the same kind have in common: each uses other functions
 * @returns {any} what it exports
 */
function runCompiled(file, command) {
  const folder = codeFolder(dirname(file));
  if (folder === null || isOff) return createRequire(file)(file);
  // It has no other characters: reading them is quickest.
  const text = readFileSync(file, "latin1");
  const build = /^\/\*(\w+)\*\//.exec(text.slice(0, MARK))?.[1] ?? "unknown";
  const { exports, keep } = run({ file, text, version: build, of: command }, folder);
  if (keep !== null) process.once("exit", () => process.cpuUsage().user < LONG && keep());
  return exports;
}

/**
 * Runs the text of a CommonJS file of a package, with the code that V8 has compiled of it in an earlier run.
 * @param {{ file: string, text: string, version: string, of: string }} source `version`: another one wherever the text is
 * another, since V8 looks at nothing but its length
 * @param {Readonly<Record<string, unknown>>} variables that it has beside those of CommonJS
 * @returns {{ exports: any, keep: (() => void) | null } | null} what it exports, and what keeps the code that is compiled by then, where that
 * is not kept; null where nothing can be, or is not to be
 */
function runText(source, variables) {
  const folder = codeFolder(__dirname);
  return folder === null || isOff ? null : run(source, join(dirname(folder), source.of), variables);
}

function run({ file, text, version, of }, folder, variables = {}) {
  const kept = join(folder, `${version}-${process.version}-${process.arch}-${of}`);
  const cachedData = existsSync(kept) ? readFileSync(kept) : undefined;
  const names = ["exports", "require", "module", "__filename", "__dirname"];
  const given = Object.keys(variables).filter((name) => !names.includes(name));
  const script = new Script(`(function (${[...names, ...given].join(", ")}) {${text}\n})`, {
    filename: file,
    cachedData,
  });
  const module = { exports: {} };
  const own = {
    ...{
      exports: module.exports,
      require: createRequire(file),
      module,
      __filename: file,
      __dirname: dirname(file),
    },
    ...variables,
  };
  script.runInThisContext()(...[...names, ...given].map((name) => own[name]));
  const isKept = cachedData !== undefined && script.cachedDataRejected !== true;
  return { exports: module.exports, keep: isKept ? null : () => keep(script, kept, version) };
}

/** `.cache/solitude-gen/code` of the node_modules that the package is installed in or has; null where there is none. */
function codeFolder(folder) {
  const modules = join(folder, "node_modules");
  if (existsSync(modules)) return join(modules, ".cache", "solitude-gen", "code");
  return dirname(folder) === folder ? null : codeFolder(dirname(folder));
}

/** Writes what is compiled by now, and takes away what is of another version. Where nothing can be written, nothing is kept. */
function keep(script, path, version) {
  const folder = dirname(path);
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(folder, { recursive: true });
    try {
      writeFileSync(unfinished, script.createCachedData());
      renameSync(unfinished, path);
    } finally {
      rmSync(unfinished, { force: true });
    }
    for (const name of readdirSync(folder))
      if (!name.startsWith(version)) rmSync(join(folder, name), { force: true });
  } catch {}
}

module.exports = { runCompiled, runText };
