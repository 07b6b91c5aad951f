import { pathToFileURL } from "node:url";
import { remembered } from "./remembered-engine.mjs";
import { firstFailure, loadSuite } from "./suites.mjs";

// Runs the suites once as they are, then for each mutant that it is told the tests that had come to it.

/** Milliseconds that a test may take as it is, and with a mutant: far beyond what any of them needs. */
const FIRST_LIMIT = 600_000;
const LIMIT = 30_000;
/** Far beyond what any of them needs: so many turns of loops, as a multiple of what the test took without a mutant. */
const MORE_TURNS = 50;
const FEWEST_TURNS = 100_000;

let active = 0;
let reached = new Set();
let turns = 0;
let mostTurns = Number.POSITIVE_INFINITY;
globalThis.__mutant = (id) => {
  if (active === 0) reached.add(id);
  return id === active;
};
globalThis.__turn = () => {
  if (++turns > mostTurns) throw new Error("a loop that does not end");
};
globalThis.__remembered = remembered;
/** Of a function of texts and numbers. */
globalThis.__once = (work) => {
  const known = new Map();
  return (...args) => {
    const key = args.join("\0");
    if (!known.has(key)) known.set(key, work(...args));
    return known.get(key);
  };
};

/** @type {{ suite: object, path: string, atLoad: Set<number>, tests: { test: object, reached: Set<number>, turns: number }[] }[]} */
const loaded = [];

process.on("message", (message) => {
  answer(message).then(
    (result) => process.send(result),
    (error) => process.send({ broken: String(error?.stack ?? error) }),
  );
});
// A mutant may leave a promise behind that nobody waits for.
process.on("unhandledRejection", () => {});
process.on("uncaughtException", () => {});

async function answer({ bundles, only, mutant, all }) {
  return bundles ? prepare(bundles, only) : { id: mutant, ...(await tryMutant(mutant, all)) };
}

async function prepare(bundles, only) {
  const all = new Set();
  for (const [name, path] of bundles) {
    reached = new Set();
    const suite = await loadSuite(name, pathToFileURL(path).href);
    const titles = new RegExp(only[name] ?? "");
    suite.tests = suite.tests.filter(({ title }) => titles.test(title));
    const entry = { suite, path, atLoad: reached, always: new Set(), tests: new Map() };
    const failure = await firstFailure(suite, suite.tests, FIRST_LIMIT, async (title, work) => {
      reached = new Set();
      turns = 0;
      await work();
      if (title === "beforeAll") for (const id of reached) entry.always.add(id);
      else {
        // Two tests may have one title: they are run together.
        const before = entry.tests.get(title) ?? { reached: [], turns: 0 };
        entry.tests.set(title, {
          reached: new Set([...before.reached, ...reached]),
          turns: before.turns + turns,
        });
      }
    });
    if (failure) throw new Error(`${name} fails without any mutant: ${failure}`);
    loaded.push(entry);
    for (const ids of [entry.atLoad, entry.always, ...[...entry.tests.values()].map((t) => t.reached)])
      for (const id of ids) all.add(id);
  }
  return { reached: [...all], tests: loaded.map(({ suite }) => suite.tests.length) };
}

/** @param all whether to run, where no test that comes to it fails, all others of their suites too */
async function tryMutant(id, all) {
  const touched = loaded.filter(
    ({ suite, atLoad, always, tests }) =>
      atLoad.has(id) || always.has(id) || suite.tests.some(({ title }) => tests.get(title)?.reached.has(id)),
  );
  // What is worked out once for a suite is reached by the test that asks first alone.
  return (await tryIn(touched, id, false)) ?? (all ? await tryIn(touched, id, true) : null) ?? { by: null };
}

async function tryIn(touched, id, all) {
  for (const { suite, path, atLoad, always, tests } of touched) {
    const isAtLoad = atLoad.has(id);
    const isAlways = isAtLoad || always.has(id);
    if (all && isAlways) continue;
    const those = suite.tests.filter(({ title }) => all || isAlways || tests.get(title)?.reached.has(id));
    active = id;
    turns = 0;
    mostTurns =
      FEWEST_TURNS + MORE_TURNS * those.reduce((sum, { title }) => sum + (tests.get(title)?.turns ?? 0), 0);
    try {
      const now = isAtLoad ? await loadSuite(suite.name, `${pathToFileURL(path).href}?mutant=${id}`) : suite;
      const titles = new Set(those.map(({ title }) => title));
      const failure = await firstFailure(
        now,
        now.tests.filter(({ title }) => titles.has(title)),
        LIMIT,
      );
      if (failure) return { by: `${suite.name}: ${failure.slice(0, 300)}` };
    } catch (error) {
      return { by: `${suite.name}: ${error}` };
    } finally {
      active = 0;
      mostTurns = Number.POSITIVE_INFINITY;
    }
  }
  return null;
}
