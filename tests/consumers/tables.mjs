import { cells, DIMENSIONS, REFUSALS, refusalOf } from "./design.mjs";

const TITLES = {
  compiler: "compiler",
  target: "target",
  module: "module",
  use: "tested, bundled or run by",
  manager: "installed by",
  runtime: "runtime",
};

/** Writes what the design has into the page, between its marks: values, refusals and cells. */
export function withTables(page) {
  const all = cells();
  const values = Object.entries(DIMENSIONS).map(([name, each]) => [TITLES[name], each.join("; ")]);
  const right = all.filter((cell) => refusalOf(cell) === undefined);
  const rows = right.map((cell) => Object.keys(DIMENSIONS).map((name) => cell[name]));
  const text = `
${table(["dimension", "values"], values)}

Every two values of two dimensions meet in one of ${right.length} cells, unless nobody would have them together or the two are refused:

<details><summary>the cells</summary>

${table(Object.values(TITLES), rows)}

</details>

${table(
  ["refused, as seen", "why, and what to do"],
  REFUSALS.map(({ what, why }) => [what, why]),
)}

`;
  const [before, , after] = page.split(/(?<=<!-- written by npm run matrix -->\n)|(?=<!-- end -->)/);
  return before + text + after;
}

/** A table of Markdown, its columns padded. */
function table(head, rows) {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells, fill = " ") =>
    `| ${cells.map((text, i) => text.padEnd(widths[i], fill)).join(" | ")} |`;
  return [
    line(head),
    line(
      widths.map(() => "-"),
      "-",
    ),
    ...rows.map((row) => line(row)),
  ].join("\n");
}
