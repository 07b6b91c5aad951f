// Node compiles what it loads anew in every process, which a short run feels. What V8 made of the bundle is kept beside the
// packages that are installed, as other tools keep theirs.
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

/**
 * Runs a CommonJS file, with the code that V8 has compiled of it in an earlier run of the same command.
 * @param {string} file
 * @param {string} command what runs of the same kind have in common: each uses other functions
 * @returns {any} what it exports
 */
function runCompiled(file, command) {
  const requireBeside = createRequire(file);
  const folder = codeFolder(dirname(file));
  // Other runtimes keep their own, and Node's own switch turns ours off.
  if (
    folder === null ||
    process.versions.bun ||
    process.versions.deno ||
    process.env.NODE_DISABLE_COMPILE_CACHE
  ) {
    return requireBeside(file);
  }
  // It has no other characters: reading them is quickest.
  const source = readFileSync(file, "latin1");
  const build = /^\/\*(\w+)\*\//.exec(source.slice(0, MARK))?.[1] ?? "unknown";
  const kept = join(folder, `${build}-${process.version}-${process.arch}-${command}`);
  const cachedData = existsSync(kept) ? readFileSync(kept) : undefined;
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: file,
    cachedData,
  });
  if (cachedData === undefined || script.cachedDataRejected === true)
    process.once("exit", () => process.cpuUsage().user < LONG && keep(script, kept, build));
  const module = { exports: {} };
  script.runInThisContext()(module.exports, requireBeside, module, file, dirname(file));
  return module.exports;
}

/** `.cache/solitude-gen/code` of the node_modules that the package is installed in or has; null where there is none. */
function codeFolder(folder) {
  const modules = join(folder, "node_modules");
  if (existsSync(modules)) return join(modules, ".cache", "solitude-gen", "code");
  return dirname(folder) === folder ? null : codeFolder(dirname(folder));
}

/** Writes what is compiled by now, and takes away what is another build's. Where nothing can be written, nothing is kept. */
function keep(script, path, build) {
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
      if (!name.startsWith(build)) rmSync(join(folder, name), { force: true });
  } catch {}
}

module.exports = { runCompiled };
