const number = (n) => (n >= 1000 ? Math.round(n).toLocaleString("en") : n.toPrecision(3));

/** As Markdown, the fastest first. */
export function printTable(title, results) {
  console.log(`\n### ${title}\n`);
  console.log("| client | µs a call | ratio | client CPU, µs | ratio |\n| --- | --: | --: | --: | --: |");
  for (const r of results.toSorted((a, b) => a.wallRatio - b.wallRatio)) {
    const cells = [r.name, number(r.wall), r.wallRatio.toFixed(2), number(r.cpu), r.cpuRatio.toFixed(2)];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
