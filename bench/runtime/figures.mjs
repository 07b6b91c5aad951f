/**
 * What the README says of runs of run.mjs, as ranges. A run's figures are `{ node, lines: [{ line, title, results }] }`:
 * `node` is how long `node -e 0` took, in milliseconds.
 */

const number = (n) => (n >= 1000 ? Math.round(n).toLocaleString("en") : n.toPrecision(3));
const ratio = (n) => n.toFixed(2);

/** `0.40` or `0.40 to 0.47`; empty where there is nothing. */
function range(values, print) {
  const known = values.filter((value) => value !== undefined && value !== null);
  if (known.length === 0) return "";
  const [low, high] = [print(Math.min(...known)), print(Math.max(...known))];
  return low === high ? low : `${low} to ${high}`;
}

const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(3, ...all.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((cell, i) => cell[i ? "padStart" : "padEnd"](widths[i])).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i ? `${"-".repeat(width - 1)}:` : "-".repeat(width))).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** All that runs say of a line, by client; the quickest first. */
function lineOf(runs, key) {
  const lines = runs.map(({ lines }) => lines.find(({ line }) => line === key)).filter(Boolean);
  if (lines.length === 0) return undefined;
  const clients = lines[0].results
    .map(({ name }) => ({
      name,
      results: lines.flatMap((line) => line.results.filter((r) => r.name === name)),
    }))
    .toSorted(
      (a, b) => middle(a.results.map((r) => r.wallRatio)) - middle(b.results.map((r) => r.wallRatio)),
    );
  return { title: lines[0].title, clients };
}

function tableOf({ title, clients }, floor) {
  const of = (results, what, print) =>
    range(
      results.map((r) => r[what]),
      print,
    );
  const hasFloor = clients.some(({ results }) => results.some((r) => r.wallToFloor !== undefined));
  const head = ["client", "µs a call", "ratio", "client CPU, µs", "ratio"];
  if (hasFloor) head.push(`× ${floor}`, `CPU × ${floor}`);
  const rows = clients.map(({ name, results }) => [
    name,
    of(results, "wall", number),
    of(results, "wallRatio", ratio),
    of(results, "cpu", number),
    of(results, "cpuRatio", ratio),
    ...(hasFloor ? [of(results, "wallToFloor", ratio), of(results, "cpuToFloor", ratio)] : []),
  ]);
  return `#### ${title}\n\n${table(head, rows)}`;
}

/** What is to be reached: of a line's client, a figure. */
const GOALS = [
  ["one", "Solitude", "wallToFloor", 1.2, "one row, against the floor"],
  ["one", "Solitude", "cpuToFloor", 1.5, "one row, client CPU against the floor's"],
  ["one", "Solitude", "wallRatio", 1.02, "one row, against prepared `pg`"],
  ["many", "Solitude", "wallRatio", 0.75, "1,000 rows, against prepared `pg`"],
  ["insert", "Solitude", "wallRatio", 0.8, "insert returning, against prepared `pg`"],
  ["transaction", "Solitude", "wallRatio", 0.75, "transaction, against prepared `pg`"],
  ["transaction", "Solitude, COMMIT with the last", "wallRatio", 0.75, "the same, with `tx.last`"],
  ["transaction", "Solitude", "wallToFloor", 1.2, "transaction, against the floor"],
  ["batch", "Solitude, atomic", "wallRatio", 0.2, "a batch as one transaction, against one by one"],
  ["copy", "Solitude", "wallRatio", 0.95, "copy, against `psql \\copy`"],
  ["one", "Solitude, traced", "cpuRatio", 1.1, "one row, traced: client CPU against prepared `pg`'s"],
  ["many", "Solitude, traced", "cpuRatio", 1.1, "1,000 rows, traced: likewise"],
  ["insert", "Solitude, traced", "cpuRatio", 1.1, "insert returning, traced: likewise"],
  ["transaction", "Solitude, traced", "cpuRatio", 1.1, "transaction, traced: likewise"],
  ["scope", "Solitude, in a scope", "wallRatio", 1.25, "one row in a scope, against the same without"],
];

function goals(runs, wanted) {
  const rows = wanted.flatMap(([key, client, what, goal, title]) => {
    const values = runs.flatMap(({ lines }) =>
      lines
        .filter(({ line }) => line === key)
        .flatMap(({ results }) => results.filter(({ name }) => name === client).map((r) => r[what])),
    );
    if (values.length === 0 || values.includes(undefined)) return [];
    const reached = values.filter((value) => value <= goal).length;
    const verdict = reached === values.length ? "reached" : `in ${reached} of ${values.length} runs`;
    return [[title, `≤ ${ratio(goal)}`, range(values, ratio), ratio(middle(values)), verdict]];
  });
  return `#### Against the goals\n\n${table(["line", "goal", "measured", "median", ""], rows)}`;
}

/**
 * The README's figures, from what the runs measured.
 * @param wanted what is to be reached; a goal for each as in GOALS
 * @param floor a word for what results are compared with beside `against`
 */
export function figures({ version, cores, load, rounds, runs }, wanted = GOALS, floor = "floor") {
  const about = `${runs.length} runs of ${rounds} rounds, each a process of its own, on Node ${version} and ${cores} cores; the least and the most of the runs.
\`node -e 0\` took ${range(
    runs.map(({ node }) => node),
    Math.round,
  )} ms, the machine's load was ${range(load, (one) => one.toFixed(1))}.`;
  const keys = [...new Set(runs.flatMap(({ lines }) => lines.map(({ line }) => line)))];
  const tables = keys.map((key) => tableOf(lineOf(runs, key), floor));
  return [about, goals(runs, wanted), ...tables].join("\n\n");
}

const END = "<!-- end of figures -->";

/**
 * @param by the script that writes them
 * @throws Error where the README has no place for them
 */
export function replaceFigures(readme, text, by) {
  const mark = `<!-- figures: written by ${by} -->`;
  const begin = readme.indexOf(mark);
  const end = readme.indexOf(END, begin);
  if (begin === -1 || end < begin) throw new Error(`the README has no place between ${mark} and ${END}`);
  return `${readme.slice(0, begin + mark.length)}\n\n${text}\n\n${readme.slice(end)}`;
}
