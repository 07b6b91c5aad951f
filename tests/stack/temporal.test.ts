import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "../../stack/processes/free-port.mjs";
import { makeSecrets, startServer, TEMPORAL, urlOf } from "../../stack/servers.mjs";
import { buildTemporal, findTemporal } from "../../stack/temporal/programs.mjs";
import { startTemporal } from "../../stack/temporal/server.mjs";
import { reportNotTested } from "../servers/not-tested.ts";

// The Temporal server on its PostgreSQL, told what docker-compose.yml tells it, and an application that uses it.

const mayBuild = process.env.SOLITUDE_TEST_TEMPORAL === "build";
const programs = mayBuild ? await buildTemporal(console.warn) : findTemporal();
if (programs === undefined)
  reportNotTested(
    "the Temporal server has not been built: `npm run stack -- --temporal` does, or SOLITUDE_TEST_TEMPORAL=build",
    "a workflow on the Temporal server",
  );
const tried = programs === undefined ? test.skip : test;

let stack: string;
let postgres: typeof TEMPORAL;
const running: { stop(): Promise<void> }[] = [];
beforeAll(async () => {
  if (programs === undefined) return;
  stack = mkdtempSync(join(tmpdir(), "solitude-stack-"));
  chmodSync(stack, 0o755);
  postgres = { ...TEMPORAL, port: await freePort() };
  makeSecrets(stack);
  running.push(await startServer(stack, postgres));
});
afterAll(async () => {
  for (const server of running.reverse()) await server.stop();
  if (stack !== undefined) rmSync(stack, { recursive: true, force: true });
});

async function start(port: number): Promise<Awaited<ReturnType<typeof startTemporal>>> {
  const server = await startTemporal({ stack, programs: programs!, postgresPort: postgres.port, port });
  running.push(server);
  return server;
}

/** What an application sees of one workflow: started, polled, done by an activity and a signal, its history and its listing. */
async function workflow(address: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(join(programs!, "application"), ["workflow", address]);
  return JSON.parse(stdout);
}

async function query(text: string): Promise<unknown[]> {
  const client = new pg.Client(urlOf(stack, postgres, "temporal", "temporal"));
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const seen = {
  result: "Dear Ada, yours Solitude",
  events: expect.arrayContaining([
    "WorkflowExecutionStarted",
    "WorkflowTaskScheduled",
    "WorkflowTaskStarted",
    "WorkflowTaskCompleted",
    "ActivityTaskScheduled",
    "ActivityTaskStarted",
    "ActivityTaskCompleted",
    "WorkflowExecutionSignaled",
    "WorkflowExecutionCompleted",
  ]),
  listed: "Completed",
};

tried(
  "a workflow runs from its start to its history; after a kill -9 the next start goes on",
  async () => {
    const port = await freePort();
    const { address } = await start(port);
    expect(await workflow(address)).toEqual(seen);
    expect(await query("select name from namespaces order by name")).toEqual([
      { name: "default" },
      { name: "temporal-system" },
    ]);
    expect(await query("select current_setting('server_version_num')::int / 10000 as version")).toEqual([
      { version: TEMPORAL.version },
    ]);

    // Nobody stopped it: whoever started it is gone.
    const before = readFileSync(join(stack, "temporal/server.pid"), "utf8");
    const next = await start(port);
    expect(readFileSync(join(stack, "temporal/server.pid"), "utf8")).not.toBe(before);
    expect(await workflow(next.address)).toEqual(seen);
  },
  600_000,
);
