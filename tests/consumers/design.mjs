// Which consumers the matrix tries. Six dimensions, whose full product has tens of thousands of cells; of these, as many as it takes for
// every two values of two dimensions to meet. What cannot be is named as a refusal, whose reason is tested in a cell of its own.

/** The values of each dimension, by the name of the dimension. */
export const DIMENSIONS = {
  compiler: ["TypeScript 5.4", "TypeScript 5.9", "TypeScript 6", "TypeScript 7"],
  target: ["es2017", "es2018", "es2019", "es2020", "es2021", "es2022", "es2023", "es2024", "esnext"],
  module: [
    "commonjs",
    "node16, CommonJS",
    "node16, ES modules",
    "nodenext, ES modules",
    "preserve",
    "esnext, bundler",
  ],
  use: [
    "tsc's output",
    "sources as they are",
    "node:test, tsx",
    "Jest, ts-jest",
    "Jest, swc",
    "Jest, babel",
    "vitest",
    "esbuild",
    "webpack, ts-loader",
    "vite, ssr",
    "tsup",
    "rollup",
  ],
  manager: ["npm", "npm workspace", "pnpm", "Yarn, Plug'n'Play"],
  runtime: ["Node 20", "Node 22", "Node 24", "Node 26", "Bun", "Deno"],
};
const NAMES = Object.keys(DIMENSIONS);

export const isCommonJs = ({ module }) => module === "commonjs" || module === "node16, CommonJS";
const isNode = ({ runtime }) => runtime.startsWith("Node");
/** Runs tests by itself, with Node. */
const isRunner = ({ use }) => /^(?:node:test|Jest|vitest)/.test(use);

/** Tells whether anybody would have the two together; a cell is one of which every two hold. */
function makesSense(cell) {
  if (isRunner(cell) && !isNode(cell)) return false;
  // What runs sources resolves as it does itself; CommonJS is for what is compiled.
  if (cell.use === "sources as they are" && isCommonJs(cell)) return false;
  // Rollup's own plugin for TypeScript wants ES modules from it.
  return !(cell.use === "rollup" && isCommonJs(cell));
}

/** What is refused, why (for readers), when, and what is said then. */
export const REFUSALS = [
  {
    what: "TypeScript 5.4 with a target of es2023 or es2024",
    why: "it knows none above es2022 but esnext",
    when: ({ compiler, target }) => compiler === "TypeScript 5.4" && /^es202[34]$/.test(target),
    says: /TS6046: Argument for '--target' option must be/,
  },
  {
    what: "Node 20 with TypeScript sources as they are",
    why: "it does not strip types; 22.18 and later do",
    when: ({ runtime, use }) => runtime === "Node 20" && use === "sources as they are",
    says: /ERR_UNKNOWN_FILE_EXTENSION/,
  },
  {
    what: "TypeScript 7 with ts-jest, ts-loader or rollup's plugin",
    why: "it has no programming interface for JavaScript yet; keep `typescript@6` beside it for these",
    when: ({ compiler, use }) =>
      compiler === "TypeScript 7" && ["Jest, ts-jest", "webpack, ts-loader", "rollup"].includes(use),
    says: /does not expose the JavaScript compiler API|Cannot read properties of undefined \(reading 'fileExists'\)/,
  },
  {
    what: "TypeScript 7 with Yarn's Plug'n'Play",
    why: "it finds packages in `node_modules` only; `nodeLinker: node-modules` serves",
    when: ({ compiler, manager }) => compiler === "TypeScript 7" && manager.startsWith("Yarn"),
    says: /TS2307: Cannot find module|TS2688: Cannot find type definition file/,
  },
  {
    what: "Deno with CommonJS in a package that does not say so",
    why: 'it wants `"type": "commonjs"` in package.json, or files that end in `.cjs`',
    when: ({ runtime, module, use }) =>
      runtime === "Deno" && module === "commonjs" && ["tsc's output", "tsup"].includes(use),
    says: /ReferenceError: (?:exports|module|require) is not defined/,
  },
  ...["Bun", "Deno"].map((name) => ({
    what: `${name} with Yarn's Plug'n'Play, unless all is bundled`,
    why: "it finds packages in `node_modules` only; `nodeLinker: node-modules` serves",
    when: ({ runtime, manager, use }) =>
      runtime === name && manager.startsWith("Yarn") && !["esbuild", "webpack, ts-loader"].includes(use),
    says: /Cannot find module '@solitude|Could not resolve "@solitude/,
  })),
];
export const refusalOf = (cell) => REFUSALS.find(({ when }) => when(cell));

/** The cells, the same ones each time: those that are right first, then those that are refused. */
export function cells() {
  const all = product().filter(makesSense);
  const pairs = new Map();
  const pairsOf = (cell) => {
    const numbers = [];
    for (let first = 0; first < NAMES.length; first++)
      for (let second = first + 1; second < NAMES.length; second++) {
        const key = `${cell[NAMES[first]]} + ${cell[NAMES[second]]}`;
        if (!pairs.has(key)) pairs.set(key, pairs.size);
        numbers.push(pairs.get(key));
      }
    return numbers;
  };
  const used = new Map();
  const usesOf = (cell) => NAMES.reduce((sum, name) => sum + (used.get(cell[name]) ?? 0), 0);
  const candidates = all.map((cell) => ({
    cell,
    pairs: pairsOf(cell),
    refusals: REFUSALS.filter(({ when }) => when(cell)),
  }));
  const open = new Set(pairs.values());
  const chosen = [];
  const take = ({ cell, pairs: met }) => {
    for (const pair of met) open.delete(pair);
    for (const name of NAMES) used.set(cell[name], (used.get(cell[name]) ?? 0) + 1);
    chosen.push(cell);
  };
  /** The one with which most values meet that have not yet; of several, the one whose values occur least. */
  const choose = (from) => {
    for (;;) {
      let best;
      let most = 0;
      for (const candidate of from) {
        let count = 0;
        for (const pair of candidate.pairs) if (open.has(pair)) count++;
        if (count === 0 || count < most) continue;
        if (count > most || usesOf(candidate.cell) < usesOf(best.cell)) [best, most] = [candidate, count];
      }
      if (best === undefined) return;
      take(best);
    }
  };
  choose(candidates.filter(({ refusals }) => refusals.length === 0));
  // One reason for each, so that it is that reason which is tested.
  choose(candidates.filter(({ refusals }) => refusals.length === 1));
  for (const refusal of REFUSALS)
    if (!chosen.some(refusal.when))
      take(candidates.find(({ refusals }) => refusals.length === 1 && refusals[0] === refusal));
  return chosen;
}

function product() {
  let all = [{}];
  for (const name of NAMES)
    all = all.flatMap((cell) => DIMENSIONS[name].map((value) => ({ ...cell, [name]: value })));
  return all;
}

export const nameOf = (cell) => NAMES.map((name) => cell[name]).join(" · ");
