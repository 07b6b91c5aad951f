/**
 * Measures a search with ten optional filters on a million rows, and an import of 50,000, each against its peers. For a search:
 * buffers that the server touched and the time, of the first call on a connection, and of one on another connection behind other
 * searches. The buffers depend on no machine.
 *
 *   node adaptive/run.mjs [--rows 1000000] [--imported 50000] [--only created_at,rating,imports]
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { startBinaries } from "../../tests/postgres/binaries.mjs";
import { imports } from "./imports.mjs";
import { connect, searches } from "./searches.mjs";

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    imported: { type: "string", default: "50000" },
    only: { type: "string" },
  },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const ROWS = Number(options.rows);

/** What is searched for: each begins with other filters, of which most find much. */
const KINDS = {
  nothing: {},
  "a title": { title: "good 123456" },
  "a category": { categoryId: 7 },
  "a shop and a brand": { shopId: 3, brandId: 11 },
  "a rare price": { maxPrice: 3 },
  "all ten": {
    shopId: 3,
    categoryId: 7,
    brandId: 11,
    status: "listed",
    title: "good 123456",
    minPrice: 1,
    maxPrice: 99_999,
    minRating: 0,
    minStock: 0,
    since: "2000-01-01",
  },
};

async function generate() {
  const cli = here("../../generator/bin/solitude-gen.js");
  execFileSync(process.execPath, [cli, "generate", "--config", here("./sqlc.yaml")], { stdio: "inherit" });
  const modules = {};
  for (const name of ["plain", "prepared"]) {
    await build({
      entryPoints: [here(`./generated/${name}/index.ts`)],
      outfile: here(`./generated/${name}.mjs`),
      bundle: true,
      format: "esm",
      platform: "node",
      logLevel: "warning",
    });
    modules[name] = await import(`./generated/${name}.mjs`);
  }
  return modules;
}

async function fill(client) {
  await client.query(readFileSync(here("./schema.sql"), "utf8"));
  await client.query("select setseed(0.5)");
  await client.query(
    `insert into goods
     select g, random() * 200, random() * 500, random() * 1000, (array['listed', 'sold', 'gone'])[1 + g % 3], 'good ' || g,
       random() * 100000, random() * 5, random() * 100, timestamptz '2026-01-01' + g * interval '1 second'
     from generate_series(1, $1::int) g`,
    [ROWS],
  );
  for (const columns of [
    "created_at desc, id desc",
    "title",
    "category_id, created_at desc, id desc",
    "shop_id, brand_id",
    "price_cents",
  ])
    await client.query(`create index on goods (${columns})`);
  await client.query("vacuum analyze goods");
}

/** Buffers of this database that were touched since it began, all told. */
async function buffers(client) {
  await client.query("select pg_stat_force_next_flush()");
  const { rows } = await client.query(
    "select blks_hit + blks_read as touched from pg_stat_database where datname = current_database()",
  );
  return Number(rows[0].touched);
}

/** A call's time, and its buffers beyond those that the measuring itself touches. */
async function measure(client, call) {
  await buffers(client);
  const before = await buffers(client);
  const own = (await buffers(client)) - before;
  const from = await buffers(client);
  const began = performance.now();
  await call();
  const took = performance.now() - began;
  return { took, touched: Math.max(0, (await buffers(client)) - from - own) };
}

/** Measures a search on a connection of its own, behind others. */
async function onConnection(url, search, others, args) {
  const client = await connect(url);
  const call = search(client);
  // The catalog is read for the first statement of a connection, whatever it is.
  await call({ minStock: 1 });
  for (const other of others) await call(other);
  const measured = await measure(client, () => call(args));
  await client.end();
  return measured;
}

/** @param between the searches that are made before, on another connection, for the second line */
async function compareSearches(url, generated, { by, between }) {
  const last = `after ${between.length} others`;
  console.log(`\n${ROWS.toLocaleString("en")} rows by ${by}: buffers / ms\n`);
  console.log("| client | call |", Object.keys(KINDS).join(" | "), "|");
  console.log(
    `| --- | --- | ${Object.keys(KINDS)
      .map(() => "--: |")
      .join(" ")}`,
  );
  for (const [name, search] of Object.entries(searches(generated, by))) {
    const cells = { first: [], [last]: [] };
    for (const args of Object.values(KINDS)) {
      cells.first.push(await onConnection(url, search, [], args));
      cells[last].push(await onConnection(url, search, between, args));
    }
    for (const [which, all] of Object.entries(cells))
      console.log(
        `| ${name} | ${which} |`,
        all.map(({ took, touched }) => `${touched.toLocaleString("en")} / ${took.toFixed(1)}`).join(" | "),
        "|",
      );
  }
}

async function compareImports(url, generated) {
  const count = Number(options.imported);
  const rows = Array.from({ length: count }, (_, i) => ({
    id: String(i),
    name: `good "${i}", {\\}`,
    priceCents: i % 10_000,
    createdAt: new Date(1_700_000_000_000 + i * 1000).toISOString(),
  }));
  console.log(`\n${count.toLocaleString("en")} rows, best of 5: ms\n\n| client | ms |\n| --- | --: |`);
  const client = await connect(url);
  const best = new Map();
  for (let round = 0; round < 5; round++)
    for (const [name, insert] of Object.entries(imports(generated))) {
      await client.query("truncate imported");
      const began = performance.now();
      await insert(client, rows);
      best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, performance.now() - began));
      const { rows: found } = await client.query(
        "select count(*)::int as n, count(distinct name)::int as names from imported",
      );
      if (found[0].n !== count || found[0].names !== count)
        throw new Error(`${name} inserted ${found[0].n} rows`);
    }
  for (const [name, took] of best) console.log(`| ${name} | ${took.toFixed(0)} |`);
  await client.end();
}

const generated = await generate();
const server = await startBinaries("16");
try {
  const client = await connect(server.url);
  await fill(client);
  await client.end();
  const kinds = Object.values(KINDS);
  const mixed = Array.from({ length: 98 }, (_, i) => kinds[i % kinds.length]);
  const only = options.only?.split(",") ?? ["created_at", "rating", "imports"];
  if (only.includes("created_at"))
    await compareSearches(server.url, generated, { by: "created_at", between: mixed });
  // No index has this order, so that a search for nothing in particular costs the same whatever the plan knows.
  if (only.includes("rating"))
    await compareSearches(server.url, generated, { by: "rating", between: Array(8).fill({}) });
  if (only.includes("imports")) await compareImports(server.url, generated.plain);
} finally {
  await server.stop();
}
