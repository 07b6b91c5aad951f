/**
 * Measures the runtime against its peers, each in a process of its own, on one PostgreSQL 16, and prints a table for each line.
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
import { startContestant } from "./contestant.mjs";
import { compareCopies } from "./copies.mjs";
import { LINES } from "./lines.mjs";
import { measure } from "./measure.mjs";
import { takeProcessorOf } from "./processors.mjs";
import { startProxy } from "./proxy.mjs";
import { compareScopes } from "./scopes.mjs";
import { printTable } from "./table.mjs";
import { newAgent, STORED } from "./workload.mjs";

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

/** Generates the functions that clients run. */
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

async function startClients(url, ids) {
  const wanted = [
    ["pg", { prepared: true }],
    ["pg", { prepared: false }],
    ["solitude", { telemetry: "none registered" }],
    ["solitude", { telemetry: "tracing and metrics" }],
    ["postgres-js", {}],
    ["drizzle", {}],
    ["kysely", {}],
    ["slonik", {}],
    ["prisma", {}],
    ["pg-pipeline", {}],
    ["floor", {}],
  ];
  const named = options.clients?.split(",");
  const clients = [];
  for (const [file, settings] of wanted) {
    if (named !== undefined && !named.includes(file)) continue;
    try {
      clients.push(await startContestant({ file, url, settings, ids }));
    } catch (error) {
      console.log(`${file} cannot take part: ${error.message}`);
    }
  }
  return clients;
}

/** Every client must do the same work, or their times say nothing. */
async function checkAnswers(clients, ids) {
  let expected;
  for (const { name, methods, isBare, answer } of clients) {
    if (!methods.has("one") || isBare) continue;
    const { row, number } = await answer(ids[0]);
    expected ??= row;
    if (row !== expected) throw new Error(`${name} reads ${row}, not ${expected}`);
    if (number !== STORED) throw new Error(`${name} does not read all rows`);
  }
}

/** Those of a line, in each way that a client has. */
function contestantsOf(line, clients) {
  return LINES[line].ways.flatMap(({ method, suffix }) =>
    clients
      .filter(({ methods }) => methods.has(method))
      .map(({ name, turn, collect }) => ({
        name: name + suffix,
        collect,
        turn: (calls) => turn(line, method, calls),
      })),
  );
}

async function main() {
  await generate();
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
    clients.push(...(await startClients(network.url, ids)));
    await checkAnswers(clients, ids);
    const only = options.only?.split(",");
    const figures = [];
    const show = (line, title, results) => {
      printTable(title, results);
      figures.push({ line, title, results });
    };
    const rounds = Number(options.rounds);
    for (const [key, { title, calls }] of Object.entries(LINES)) {
      if (title === undefined || (only !== undefined && !only.includes(key))) continue;
      const among = contestantsOf(key, clients);
      show(key, title, await measure(among, { rounds, calls, against: "pg, prepared", floor: FLOOR }));
    }
    if (only === undefined || only.includes("copy"))
      show(
        "copy",
        ...(await compareCopies(contestantsOf("copy", clients), server.url, Math.ceil(rounds / 6))),
      );
    if (only === undefined || only.includes("scope"))
      show("scope", ...(await compareScopes(server.url, ids, rounds)));
    if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(figures));
  } finally {
    for (const client of clients) await client.close();
    network.stop();
    await server.stop();
  }
}

await main();
