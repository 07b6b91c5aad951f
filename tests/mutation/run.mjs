import { fork } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleSuites, ROOT } from "./bundle.mjs";
import { refusedByCompiler } from "./refused.mjs";
import { TARGETS } from "./targets.mjs";

// Changes the sources one small thing at a time, and runs the tests that come to it: what no test notices survives.
// `npm run mutate -- infer --sample 50 --seed 1 --survivors`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** So many mutants, chosen by the seed. */
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    /** Only of files whose path contains one of these. */
    file: { type: "string", multiple: true },
    /** Only by suites whose path contains one of these: they start sooner, and what survives may be known to the others. */
    suite: { type: "string", multiple: true },
    /** Only these, by number. */
    mutant: { type: "string", multiple: true },
    /** Only what survived in a run with this `output`, by what it was, since numbers change: now by all tests of the suites that come to it. */
    survivors: { type: "string" },
    /** A file that gets a line for each mutant, as JSON, when it has been tried. */
    output: { type: "string" },
    /** Tries those too that the compiler refuses. */
    uncompiled: { type: "boolean", default: false },
  },
});
/** A worker that says nothing for so long is in a loop that no source under mutation turns. */
const PATIENCE = 120_000;
/** The suites start a PostgreSQL and read a schema, on a machine that may have other work. */
const PATIENCE_AT_START = 1_800_000;

const names = positionals.length > 0 ? positionals : Object.keys(TARGETS);
let all = { killed: 0, tried: 0 };
for (const name of names) {
  if (!(name in TARGETS)) throw new Error(`no target "${name}": ${Object.keys(TARGETS).join(", ")}`);
  const { killed, tried } = await runTarget(name);
  all = { killed: all.killed + killed, tried: all.tried + tried };
}
console.log(`all: ${share(all)}`);

async function runTarget(name) {
  const { instead, only = {}, folders = [], files = [], except = [] } = TARGETS[name];
  const suites = TARGETS[name].suites.filter((suite) => isOf(suite, values.suite));
  const sources = [
    ...files,
    ...folders.flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => `${folder}/${file}`)),
  ].filter((file) => file.endsWith(".ts") && !except.includes(file));
  const cache = join(ROOT, "node_modules/.cache/solitude-mutation");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "run-"));
  try {
    const { bundles, mutants } = await bundleSuites({ suites, files: sources, instead }, folder);
    const wanted = chosen(mutants.filter(({ file }) => isOf(file, values.file)));
    const refused = values.uncompiled ? new Set() : refusedByCompiler(wanted);
    const compiled = wanted.filter(({ id }) => !refused.has(id));
    const results = await tryAll({ bundles: [...bundles], only }, compiled, (mutant, by) => {
      const { id, file, line, kind, from, to } = mutant;
      if (values.output)
        appendFileSync(
          values.output,
          `${JSON.stringify({ target: name, id, file, line, kind, from, to, by })}\n`,
        );
      if (by === null) console.log(`survives: ${file}:${line} #${id} ${kind}: ${from} => ${to || "nothing"}`);
    });
    const killed = results.filter(({ by }) => by !== null).length;
    const perFile = new Map();
    for (const { mutant, by } of results) {
      const of = perFile.get(mutant.file) ?? { killed: 0, tried: 0 };
      perFile.set(mutant.file, { killed: of.killed + (by === null ? 0 : 1), tried: of.tried + 1 });
    }
    for (const [file, counts] of perFile) console.log(`${file}: ${share(counts)}`);
    console.log(
      `${name}: ${share({ killed, tried: results.length })} (${mutants.length} mutants in all; of ${wanted.length} the compiler refuses ${refused.size})`,
    );
    return { killed, tried: results.length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isOf(path, parts) {
  return !parts || parts.some((part) => path.includes(part));
}

function chosen(mutants) {
  if (values.mutant) return mutants.filter(({ id }) => values.mutant.includes(String(id)));
  if (values.survivors) {
    const lines = readFileSync(values.survivors, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const kept = new Set(lines.filter(({ by }) => by === null).map(nameOf));
    return mutants.filter((mutant) => kept.has(nameOf(mutant)));
  }
  if (!values.sample) return mutants;
  // By a generator of its own: the same ones on every machine.
  let state = Number(values.seed) >>> 0;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const keyed = mutants.map((mutant) => ({ mutant, key: random() })).sort((a, b) => a.key - b.key);
  return keyed.slice(0, Number(values.sample)).map(({ mutant }) => mutant);
}

function nameOf({ file, kind, from, to }) {
  return [file, kind, from, to].join("\n");
}

/** A worker at a time; one that hangs or breaks is followed by another. */
async function tryAll(suites, mutants, onTried) {
  const results = [];
  let worker = null;
  for (const mutant of mutants) {
    worker ??= await startWorker(suites);
    let answer = await worker.ask({ mutant: mutant.id, all: values.survivors !== undefined });
    if (answer === null || answer.broken) {
      answer ??= { broken: "it does not end" };
      worker.end();
      worker = null;
    }
    const by = answer.broken ?? answer.by;
    results.push({ mutant, by });
    onTried(mutant, by);
  }
  worker?.end();
  return results;
}

async function startWorker(suites) {
  const child = fork(new URL("worker.mjs", import.meta.url), {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ask = (message, patience = PATIENCE) =>
    new Promise((resolve) => {
      const finish = (answer) => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(answer);
      };
      const timer = setTimeout(() => finish(null), patience);
      child.once("message", finish);
      child.once("exit", () => finish(null));
      child.send(message);
    });
  const answer = await ask(suites, PATIENCE_AT_START);
  if (answer === null || answer.broken) throw new Error(answer?.broken ?? "the suites do not end");
  return { ask, end: () => child.kill("SIGKILL") };
}

function share({ killed, tried }) {
  return `${killed} of ${tried} killed${tried === 0 ? "" : `, ${((100 * killed) / tried).toFixed(1)} %`}`;
}
