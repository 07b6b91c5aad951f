/**
 * Measures the runtime against its peers, all in one process on one PostgreSQL 16, and prints a table for each line.
 *
 *   node --expose-gc runtime/run.mjs [--rounds 20] [--delay <milliseconds each way>] [--clients pg,solitude,floor]
 *     [--only one,many,insert,batch,transaction,copy,scope] [--json <file for the figures>]
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import pg from "pg";
import { startBinaries } from "../../tests/postgres/binaries.mjs";
import { FLOOR } from "./clients/floor.mjs";
import { compareCopies } from "./copies.mjs";
import { measure } from "./measure.mjs";
import { takeProcessorOf } from "./processors.mjs";
import { startProxy } from "./proxy.mjs";
import { compareScopes } from "./scopes.mjs";
import { printTable } from "./table.mjs";
import { auditLogs, BATCH, loop, newAgent, STORED } from "./workload.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    delay: { type: "string" },
    clients: { type: "string" },
    only: { type: "string" },
    json: { type: "string" },
  },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The generated functions, and the runtime that they and we run on. */
async function generate() {
  const cli = here("../../generator/bin/solitude-gen.js");
  execFileSync(process.execPath, [cli, "generate", "--config", here("./sqlc.yaml")], { stdio: "inherit" });
  await build({
    entryPoints: [here("./generated/index.ts")],
    outfile: here("./generated/index.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["@solitude/runtime"],
    logLevel: "warning",
  });
  return { generated: await import("./generated/index.mjs"), runtime: await import("@solitude/runtime") };
}

async function prepareDatabase(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(readFileSync(here("./schema.sql"), "utf8"));
  const ids = [];
  for (let i = 0; i < STORED; i++) {
    const a = newAgent(i);
    const { rows } = await client.query(
      `insert into agents (workspace_id, slug, name, description, status, version, price, size_bytes, rating, is_public, labels)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id`,
      [
        a.workspaceId,
        a.slug,
        a.name,
        a.description,
        a.status,
        a.version,
        a.price,
        a.sizeBytes,
        a.rating,
        a.isPublic,
        a.labels,
      ],
    );
    ids.push(rows[0].id);
  }
  await client.query("vacuum analyze agents");
  await client.end();
  return ids;
}

async function openClients(url, modules, ids) {
  const wanted = [
    ["pg", { prepared: true }],
    ["pg", { prepared: false }],
    ["solitude", { telemetry: "none registered", modules }],
    ["solitude", { telemetry: "tracing and metrics", modules }],
    ["postgres-js", {}],
    ["drizzle", {}],
    ["kysely", {}],
    ["slonik", {}],
    ["prisma", {}],
    ["pg-pipeline", {}],
    ["floor", { modules, ids }],
  ];
  const named = options.clients?.split(",");
  const clients = [];
  for (const [file, settings] of wanted) {
    if (named !== undefined && !named.includes(file)) continue;
    try {
      clients.push(await (await import(`./clients/${file}.mjs`)).open(url, settings));
    } catch (error) {
      console.log(`${file} cannot take part: ${error.message}`);
    }
  }
  return clients;
}

/** Every client must do the same work, or their times say nothing. */
async function checkAnswers(clients, ids) {
  const expected = JSON.stringify(normal(await clients[0].one(ids[0])));
  for (const { name, one, many, isBare } of clients) {
    if (one === undefined || isBare) continue;
    const row = JSON.stringify(normal(await one(ids[0])));
    if (row !== expected) throw new Error(`${name} reads ${row}, not ${expected}`);
    if ((await many(STORED)).length !== STORED) throw new Error(`${name} does not read all rows`);
  }
}

/** One spelling for what clients spell differently: order, case of names, and the types of numbers and times. */
function normal(row) {
  const entries = Object.entries(row).map(([key, value]) => {
    const name = key.replaceAll("_", "").toLowerCase();
    if (name === "createdat") return [name, new Date(value).getTime()];
    if (name === "price" || name === "sizebytes") return [name, String(value)];
    return [name, value];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function main() {
  const modules = await generate();
  takeProcessorOf("server");
  const server = await startBinaries("16");
  if (!takeProcessorOf("client")) console.log("client and server may share a processor: times vary with it");
  const network =
    options.delay === undefined
      ? { url: server.url, stop() {} }
      : await startProxy(server.url, Number(options.delay));
  const clients = [];
  try {
    const ids = await prepareDatabase(server.url);
    clients.push(...(await openClients(network.url, modules, ids)));
    if (clients.length > 0) await checkAnswers(clients, ids);
    const next = loop(ids);
    let n = 0;
    const lines = {
      one: { title: "One row by key", calls: 400, call: (c) => c.one(next.id()) },
      many: { title: `${STORED} rows`, calls: 20, call: (c) => c.many(STORED) },
      insert: { title: "Insert returning", calls: 300, call: (c) => c.insert(newAgent(n++)) },
      batch: {
        title: `${BATCH} updates in a batch`,
        calls: 8,
        call: (c) => c.batch(next.ids(BATCH), `Agent ${n++}`),
      },
      transaction: {
        title: "Transaction of three statements",
        calls: 100,
        call: (c) => c.transaction(next.id(), `Agent ${n++}`, auditLogs[n % 1000]),
      },
    };
    const only = options.only?.split(",");
    const figures = [];
    const show = (line, title, results) => {
      printTable(title, results);
      figures.push({ line, title, results });
    };
    for (const [key, { title, calls, call }] of Object.entries(lines)) {
      if (only !== undefined && !only.includes(key)) continue;
      const contestants = clients
        .filter((c) => c[key] !== undefined)
        .flatMap((c) => [
          { name: c.name, call: () => call(c) },
          ...(key === "batch" && c.batchAtomic !== undefined
            ? [{ name: `${c.name}, atomic`, call: () => call({ batch: c.batchAtomic }) }]
            : []),
        ]);
      const rounds = Number(options.rounds);
      show(key, title, await measure(contestants, { rounds, calls, against: "pg, prepared", floor: FLOOR }));
    }
    if (only === undefined || only.includes("copy"))
      show("copy", ...(await compareCopies(clients, server.url, Math.ceil(Number(options.rounds) / 6))));
    if (only === undefined || only.includes("scope"))
      show("scope", ...(await compareScopes(modules, server.url, ids, Number(options.rounds))));
    if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(figures));
  } finally {
    for (const client of clients) await client.close();
    network.stop();
    await server.stop();
  }
}

await main();
