import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { until } from "../../runtime/test/postgres/until.ts";
import { freePort } from "../../stack/processes/free-port.mjs";
import { isTouched, sliceToRun } from "../long-form.ts";

// `npm run stack`, as a person runs it.

const MAIN = fileURLToPath(new URL("../../stack/main.mjs", import.meta.url));
let stack: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  stack = mkdtempSync(join(tmpdir(), "solitude-stack-"));
  chmodSync(stack, 0o755);
  env = {
    ...process.env,
    SOLITUDE_STACK: stack,
    SOLITUDE_POSTGRES_PORT: String(await freePort()),
    SOLITUDE_TEMPORAL_POSTGRES_PORT: String(await freePort()),
    // Nobody is there: the documents' part is down, and the rest works.
    MONGODB_URL: "mongodb://127.0.0.1:1/solitude",
  };
});
afterAll(() => rmSync(stack, { recursive: true, force: true }));

function start(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = env,
): {
  child: ChildProcess;
  said: () => string;
  ended: Promise<number | null>;
} {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (text += data));
  return { child, said: () => text, ended: new Promise((resolve) => child.once("close", resolve)) };
}
const answers = (): Promise<boolean> => {
  const client = new pg.Client({
    host: "localhost",
    port: Number(env.SOLITUDE_POSTGRES_PORT),
    user: "x",
    ssl: false,
  });
  // Whoever refuses us is there.
  return client.connect().then(
    () => true,
    (error: Error & { code?: string }) => error.code !== "ECONNREFUSED" && !(error instanceof AggregateError),
  );
};

/** Says how many workspaces have the name of the one that a start puts in, by what the running stack's file of variables says. */
async function countWorkspaces(): Promise<number> {
  const [, connectionString] = /^DATABASE_URL='(.*)'$/m.exec(readFileSync(join(stack, "env"), "utf8")) ?? [];
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query("select workspace_of_slug($1) as id", ["acme"]);
  await client.end();
  return rows.filter((row) => row.id !== null).length;
}

/** A command that runs a program, in which there are no single quotes: a shell reads it. */
const programOf = (text: string): string =>
  `${process.execPath} --input-type=module -e '${text.replaceAll("\n", " ")}'`;

/** The stack with documents. */
async function withDocuments(): Promise<NodeJS.ProcessEnv> {
  const { MONGODB_URL: _, ...rest } = env;
  return { ...rest, SOLITUDE_MONGODB_PORT: String(await freePort()) };
}

/** After a kill -9 the next start takes the servers over, with their data. */
async function killTwice(): Promise<void> {
  const whole = await withDocuments();
  const kill = async (...args: readonly string[]) => {
    const run = start(args, whole);
    await until(() => run.said().includes("main: up"), 240_000).catch(() => expect(run.said()).toBe("up"));
    const found = await countWorkspaces();
    run.child.kill("SIGKILL");
    await run.ended;
    expect(await answers()).toBe(true);
    return { found, said: run.said() };
  };
  await kill();
  const next = await kill("--no-seed");
  expect(next.found).toBe(1);
  // That of the documents too, which ends by itself, but takes its time.
  expect(next.said).not.toContain("is taken");
  expect(next.said).not.toMatch(/applied/);
}

/** With --reset the data are new, and --run gives a command the databases, and its exit code; then all has ended. */
async function resetAndRun(): Promise<void> {
  const whole = await withDocuments();
  const find = `import pg from "pg";
    const client = new pg.Client(process.env.DATABASE_URL);
    await client.connect();
    await client.query("select set_config($1, workspace_of_slug($2)::text, false)", ["solitude.workspace_id", "acme"]);
    const { rows } = await client.query("select slug from agents");
    console.log("found " + rows[0].slug);
    await client.end();
    process.exit(7);`;
  // MongoDB needs a password and TLS, and the services' user has the one database.
  const attempts = `import { MongoClient } from "mongodb";
    const attempt = async (what, url, work) => {
      const client = new MongoClient(url, { serverSelectionTimeoutMS: 3000 });
      console.log(what, await work(client).then(() => "works", (error) => "fails"));
      await client.close();
    };
    const url = process.env.MONGODB_URL;
    const write = (name) => (client) => client.db(name).collection("tried").insertOne({ a: 1 });
    await attempt("the service", url, write("solitude"));
    await attempt("elsewhere", url, write("admin"));
    await attempt("without a password", url.replace(/\\/\\/.*@/, "//"), write("solitude"));
    await attempt("with a wrong one", url.replace(/:[0-9a-f]{48}@/, ":wrong@"), write("solitude"));
    await attempt("without TLS", url.replace(/&tls=.*/, ""), write("solitude"));`;
  const sample = `${process.execPath} ${join(dirname(MAIN), "sample.mjs")}`;
  const all = `${sample} && (test -z "$MONGODB_URL" || ${programOf(attempts)}) && ${programOf(find)}`;
  const run = start(["--reset", "--run", all], whole);
  // Data to begin with is only put into what is empty.
  expect([await run.ended, run.said()]).toEqual([
    7,
    expect.stringMatching(
      /applied \d+ migrations[\s\S]*put some data in[\s\S]*PostgreSQL: job .* is queued[\s\S]*found helper/,
    ),
  ]);
  expect(run.said()).not.toContain("is taken");
  expect(await answers()).toBe(false);
  if (/without documents: (.*)/.test(run.said())) {
    if (process.env.CI !== undefined) expect(run.said()).toBe("a server");
    console.warn(`not tested: documents in the stack\n${run.said()}`);
    expect(run.said()).toContain("MongoDB: there is none");
    return;
  }
  expect(run.said()).toMatch(/MongoDB: execution [0-9a-f]+, and the draft says "Dear Sir or Madam,"/);
  expect(run.said()).toContain("the service works");
  for (const what of ["elsewhere", "without a password", "with a wrong one", "without TLS"])
    expect(run.said()).toContain(`${what} fails`);
}

/** Both where the stack, or what it is made of, was touched; the servers themselves have suites of their own. */
const isStackTouched = ["stack", "tests/stack", "schema", "package-lock.json"].some(isTouched);
const STARTS = sliceToRun(
  "starts of the stack",
  [
    ["after a kill -9 the next start takes its servers over, with their data", killTwice],
    ["--reset has new data, and --run gives a command the databases, and its exit code", resetAndRun],
  ] as const,
  2,
  { isTouched: () => isStackTouched },
);

test.each(STARTS)("%s", async (_, start) => start(), 600_000);

test.each(sliceToRun("ports that are none", ["abc", "0", "65536"], 3))(
  "a port that is none (%s) is said by its variable, before anything is touched",
  async (port) => {
    const run = start(["--reset"], { ...env, SOLITUDE_TEMPORAL_POSTGRES_PORT: port });
    expect([await run.ended, run.said()]).toEqual([
      1,
      `error: SOLITUDE_TEMPORAL_POSTGRES_PORT: ${port} is not a port\n`,
    ]);
  },
);

test("it says how each database is, and ^C stops all of them cleanly", async () => {
  const run = start([]);
  await until(
    () => ["main: up", "temporal: up", "documents: down"].every((text) => run.said().includes(text)),
    240_000,
  ).catch(() => expect(run.said()).toBe("how all of them are"));
  expect(run.said()).toMatch(/documents: down \((unreachable|timeout|failed)\)/);
  expect(run.said()).not.toMatch(/applied/);
  // Another one, on the same folder or the same ports, says so, and leaves the first alone.
  const { mtimeMs } = statSync(join(stack, "secrets"));
  for (const args of [[], ["--reset"]]) {
    const second = start(args);
    expect(await second.ended).toBe(1);
    expect(second.said()).toMatch(
      /a stack is running from .* \(process \d+\): stop it, or set SOLITUDE_STACK/,
    );
  }
  expect(statSync(join(stack, "secrets")).mtimeMs).toBe(mtimeMs);
  const other = mkdtempSync(join(tmpdir(), "solitude-stack-"));
  chmodSync(other, 0o755);
  const third = start([], { ...env, SOLITUDE_STACK: other });
  expect(await third.ended).toBe(1);
  expect(third.said()).toMatch(/port \d+ is taken: stop what listens there, or set SOLITUDE_/);
  rmSync(other, { recursive: true, force: true });
  expect(await answers()).toBe(true);
  run.child.kill("SIGINT");
  expect(await run.ended).toBe(0);
  expect(await answers()).toBe(false);
  expect(readFileSync(join(stack, "env"), "utf8")).toMatch(/^DATABASE_URL='postgres:.*sslmode=verify-full/m);
});
