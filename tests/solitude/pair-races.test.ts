import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { Client } from "pg";
import pg from "pg";
import { isLongForm, sliceToRun } from "../long-form.ts";
import type { TestDatabase } from "../postgres/database.ts";
import { createSolitudeDatabase } from "../postgres/solitude-schema.ts";
import {
  type AnalysedQuery,
  analysedQueries,
  installWorld,
  makeWorld,
  statementFor,
  type World,
  writes,
} from "./world.ts";

// Every pair of queries that write the same subject, at the same time: the invariants hold afterwards.
// Each pair has a workspace of its own, so that all are looked at together in the end. All pairs at the level that queries run at,
// which keeps the least apart, and one in twenty at each of the others, a sixth of them for each commit; which of the two is first is drawn by SOLITUDE_SEED. In the long
// form each pair meets in both orders at each level.

/** What shares an invariant, by file or by name; the rest of a file is a subject of its own. */
const SUBJECTS: Readonly<Record<string, readonly string[]>> = {
  workspaces: ["members", "workspaces", "invitations", "DeleteUser", "SetUserStatus"],
  people: ["users", "credentials"],
  sessions: ["sessions", "DeleteUser", "ChangePassword"],
  keys: ["api_keys", "DeleteUser", "ArchiveWorkspace"],
  agents: [
    "agents",
    "CreateListing",
    "SubmitListing",
    "PublishListing",
    "ReleaseListingVersion",
    "SetListingStatus",
  ],
  listings: ["listings", "installations", "reviews"],
  tools: ["tools", "SetAgentVersionTools", "PublishAgentVersion"],
  datasets: ["datasets", "files"],
  jobs: ["jobs", "approvals", "RecordJobUsage", "ArchiveWorkspace"],
  job_documents: ["job_documents", "CancelJobTree", "ArchiveWorkspace"],
  usage: ["job_usage"],
  settings: ["configurations", "activity_schemas"],
  integrations: ["integrations"],
  offers: [
    "ArchiveWorkspace",
    "DeleteUser",
    "CreateListing",
    "SubmitListing",
    "PublishListing",
    "UpsertReview",
  ],
};
/** What ends a person. Beside each of these, whoever else writes writes of that same person, too. */
const ENDS_OF_PEOPLE: ReadonlySet<string> = new Set(["DeleteUser", "SetUserStatus"]);
/** What nothing of a workspace's work takes part in: their worlds have people and their workspace, and are made in a third of the time. */
const OF_PEOPLE: ReadonlySet<string> = new Set(["people", "sessions"]);
const LEVELS = ["read committed", "repeatable read", "serializable"] as const;
/** Draws one of so many, by SOLITUDE_SEED the same at each run. */
const draw = (label: string, many: number): number =>
  createHash("sha256")
    .update(`${process.env.SOLITUDE_SEED ?? 1} ${label}`)
    .digest()
    .readUInt16BE() % many;
/** Whether a pair is one of those that meet at its level, in its order. */
function meets(pair: Pair): boolean {
  if (isLongForm) return true;
  if (pair.level !== "read committed" && draw(labelOf(pair), 20) !== 0) return false;
  const names = [pair.first.name, pair.second.name];
  return names[0] === names[1] || names.toSorted()[draw(names.toSorted().join(" "), 2)] === names[0];
}
/** Whoever loses a race is told so by one of these, and may try again; archiving asks for read committed (25000). */
const LOST = /^(23\d\d\d|25000|40001|40P01)$/;
const SESSIONS = 4;

const queries = analysedQueries().filter((q) => writes(q) && !/audit_logs/.test(q.file));
const invariants = Array.from(
  readFileSync(new URL("invariants.sql", import.meta.url), "utf8").matchAll(/^-- name: (\w+)\n([^;]+);/gm),
  ([, name = "", sql = ""]) => ({ name, sql }),
);
const subjectOf = (q: AnalysedQuery): string => q.file.replace(/^.*\/|\.sql$/g, "");

let database: TestDatabase;
const clients: Client[] = [];
beforeAll(async () => {
  database = await createSolitudeDatabase();
  await installWorld(database.pool);
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await database?.drop();
});

async function connect(): Promise<Client & { pid: number }> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  clients.push(client);
  const { rows } = await client.query("select pg_backend_pid() as pid");
  return Object.assign(client, { pid: rows[0].pid as number });
}

interface Pair {
  readonly subject: string;
  readonly first: AnalysedQuery;
  readonly second: AnalysedQuery;
  readonly level: (typeof LEVELS)[number];
  readonly ofPeople: boolean;
  /** Both are about the same person, and not two who do the same. */
  readonly ofOne: boolean;
}

const labelOf = ({ first, second, level, ofOne }: Pair): string =>
  `${first.name} | ${second.name} | ${level}${ofOne ? " | one" : ""}`;

/** Runs the first, then the second while the first is still open, then commits both; gives the world that they met in. */
async function race(
  { first, second, level, ofPeople, ofOne }: Pair,
  [one, two]: readonly [Client, Client & { pid: number }],
): Promise<World> {
  const world = await makeWorld(database.pool, ofPeople);
  const lost = (error: { code?: string }): void => {
    if (!LOST.test(error.code ?? "")) throw error;
  };
  // A snapshot is taken with the first statement, not with BEGIN; in read committed by each statement anew.
  const begin = `begin isolation level ${level}${level === "read committed" ? "" : "; select 1"}`;
  await Promise.all([one.query(begin), two.query(begin)]);
  const send = (on: Client, query: AnalysedQuery, side: 0 | 1, beside: AnalysedQuery): Promise<unknown> => {
    const person = ofOne && ENDS_OF_PEOPLE.has(query.name) ? personOf(beside, world) : undefined;
    const { sql, values } = statementFor(query, world, ofOne ? 0 : side, person ? { id: person } : {});
    return on.query(sql, values);
  };
  await send(one, first, 0, second).catch(lost);
  let isDone = false;
  const other = send(two, second, 1, first)
    .catch(lost)
    .finally(() => {
      isDone = true;
    });
  // Most are done before they could be asked for; who waits for a lock, waits.
  for (let pause = 2; !isDone; pause = Math.min(pause * 2, 16)) {
    await Promise.race([other, setTimeout(pause)]);
    if (!isDone && (await isBlocked(two.pid))) break;
  }
  // At once: what is checked at the end of a transaction may wait for the other.
  await Promise.all([one.query("commit").catch(lost), other.then(() => two.query("commit")).catch(lost)]);
  return world;
}

/** Whom a query is about, of the people of a world. */
function personOf(query: AnalysedQuery, world: World): string | undefined {
  const people = [world.ada, world.bob, world.cleo, world.dan, world.eve];
  const { values } = statementFor(query, world);
  return values.find((value): value is string => people.includes(value as string));
}

async function isBlocked(pid: number): Promise<boolean> {
  const { rows } = await database.pool.query("select cardinality(pg_blocking_pids($1)) > 0 as is_blocked", [
    pid,
  ]);
  return rows[0].is_blocked;
}

test("every query that writes belongs to a subject", () => {
  const files = new Set(Object.values(SUBJECTS).flat());
  expect(
    queries.filter((q) => !files.has(subjectOf(q)) && !/reporting/.test(q.file)).map((q) => q.name),
  ).toEqual([]);
  expect(invariants.length).toBeGreaterThan(12);
});

function pairsOf(subject: string, names: readonly string[]): readonly Pair[] {
  const writers = queries.filter((q) => [subjectOf(q), q.name].some((name) => names.includes(name)));
  return writers.flatMap((first) =>
    writers.flatMap((second) =>
      LEVELS.flatMap((level) =>
        [false, true]
          .filter((ofOne) => !ofOne || ENDS_OF_PEOPLE.has(first.name) || ENDS_OF_PEOPLE.has(second.name))
          .map((ofOne) => ({ subject, first, second, level, ofPeople: OF_PEOPLE.has(subject), ofOne }))
          .filter(meets),
      ),
    ),
  );
}

const PAIRS = sliceToRun(
  "pairs of queries at the same time",
  Object.entries(SUBJECTS).flatMap(([subject, names]) => pairsOf(subject, names)),
  6,
);

test.each(Object.keys(SUBJECTS))("%s", async (subject) => {
  const pairs = PAIRS.filter((pair) => pair.subject === subject);
  const met = new Map<string, string>();
  const left = pairs.values();
  const lane = async (): Promise<void> => {
    const sessions = [await connect(), await connect()] as const;
    for (const pair of left) {
      const label = labelOf(pair);
      const world = await race(pair, sessions).catch((error: Error) => {
        throw new Error(`${label}: ${error.message}`, { cause: error });
      });
      met.set(world.workspace, label);
      for (const user of [world.ada, world.bob, world.cleo, world.dan, world.eve]) met.set(user!, label);
    }
  };
  await Promise.all(Array.from({ length: SESSIONS }, lane));
  // An outcome that nobody has passed on yet is passed on by the scheduler.
  const resume = queries.find((q) => q.name === "ResumeDecidedJobs")!;
  await database.pool.query(resume.sql, [100_000]);
  // What an older snapshot did not see of somebody deleted goes with the next maintenance.
  await database.pool.query("select run_maintenance('erasures')");
  const broken: string[] = [];
  for (const { name, sql } of invariants) {
    const { rows } = await database.pool.query(sql);
    broken.push(...rows.map(({ at }) => `${name}: ${met.get(at) ?? at}`));
  }
  expect(broken.sort()).toEqual([]);
});
