import { randomBytes } from "node:crypto";
import { relative } from "node:path";
import { type Db, MongoClient } from "mongodb";
import { reportNotTested } from "../servers/not-tested.ts";
import { recall, remember } from "../servers/run-memory.ts";
import { sharedServer } from "../servers/shared-server.ts";

/** What servers that speak MongoDB's protocol differ in. */
const CAPABILITIES = {
  transactions: async (db: Db) => {
    const hello = await db.command({ hello: 1 });
    if (hello.setName === undefined && hello.msg !== "isdbgrid") throw new Error("no replica set");
  },
  sharding: async (db: Db) => {
    const { msg } = await db.command({ hello: 1 });
    if (msg !== "isdbgrid") throw new Error("no router");
  },
  "change streams": async (db: Db) => {
    const stream = db.collection("probe").watch([], { maxAwaitTimeMS: 1 });
    try {
      await stream.tryNext();
    } finally {
      await stream.close();
    }
  },
  validators: async (db: Db) => {
    await db.createCollection("validated", { validator: { $jsonSchema: { required: ["a"] } } });
  },
  "partial indexes": async (db: Db) => {
    await db.collection("probe").createIndex({ a: 1 }, { partialFilterExpression: { b: 1 } });
  },
  "TTL indexes": async (db: Db) => {
    await db.collection("probe").createIndex({ at: 1 }, { expireAfterSeconds: 0 });
  },
  "groups with $push": async (db: Db) => {
    await db
      .collection("probe")
      .aggregate([{ $group: { _id: null, all: { $push: "$$ROOT" } } }])
      .toArray();
  },
  "dots in the names of fields": async (db: Db) => {
    await db
      .collection<{ _id: string }>("probe")
      .insertOne({ _id: "dots", inner: { "a.b": 1 } } as { _id: string });
  },
  // FerretDB 1 looks for documents and writes them in two steps; that it does shows under load only.
  "atomic conditional updates": async (db: Db) => {
    const { ferretdbVersion } = await db.command({ buildInfo: 1 });
    if (ferretdbVersion !== undefined) throw new Error("not atomic");
  },
  "names of duplicate indexes": async (db: Db) => {
    await db.collection("probe").createIndex({ u: 1 }, { unique: true, name: "u" });
    await db.collection("probe").insertOne({ u: 1 });
    const error = await db
      .collection("probe")
      .insertOne({ u: 1 })
      .catch((error: Error) => error);
    if (!/index: u /.test((error as Error).message)) throw new Error("the index is not named");
  },
} as const;

export type Capability = keyof typeof CAPABILITIES;

export interface MongoServer {
  readonly url: string;
  /** What it is, for the summary: `MongoDB 8.0.4`. */
  readonly name: string;
  can(capability: Capability): boolean;
  /** `test` where the server can do it; otherwise a skipped test that the run's summary lists. */
  testWith(...capabilities: Capability[]): (name: string, work: () => Promise<void>) => void;
  /** A name for a database that no other suite uses. */
  database(): string;
}

/**
 * The one server of the jest run: MONGODB_URL, or MongoDB in a container, or SecantusDB, or FerretDB. Where there is none, the
 * suite's tests are skipped, and the run's summary says what was missing.
 * @throws in CI, which has to have one
 */
export async function mongoServer(): Promise<MongoServer> {
  let url: string;
  try {
    url = process.env.MONGODB_URL ?? (await ownServer());
  } catch (error) {
    if (process.env.CI !== undefined) throw error;
    return noServer((error as Error).message);
  }
  const { name, abilities } = recall<Description>("mongo") ?? remember("mongo", await describeServer(url));
  return {
    url,
    name,
    can: (capability) => abilities.includes(capability),
    testWith(...needed) {
      const missing = needed.filter((each) => !abilities.includes(each));
      return missing.length === 0 ? test : skipping(`${name} has no ${missing.join(", no ")}`);
    },
    database: () => `t${randomBytes(5).toString("hex")}`,
  };
}

interface Description {
  readonly name: string;
  readonly abilities: readonly Capability[];
}

async function describeServer(url: string): Promise<Description> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 60_000 });
  try {
    return { name: await nameOf(client), abilities: await probe(client) };
  } finally {
    await client.close();
  }
}

/** What the suite does with it is never run. */
function noServer(reason: string): MongoServer {
  const what = relative(process.cwd(), expect.getState().testPath ?? "a suite");
  reportNotTested(reason, `all of ${what}`);
  // A suite's tests are defined after this, by these globals.
  Object.assign(globalThis, { test: test.skip, describe: describe.skip });
  return {
    url: "mongodb://127.0.0.1:1/",
    name: "no server",
    can: () => false,
    testWith: () => test.skip,
    database: () => "none",
  };
}

function ownServer(): Promise<string> {
  const server = {
    name: "mongo",
    module: new URL("ways.mjs", import.meta.url),
    argument: "8.0",
    patience: 9 * 60_000,
  };
  return sharedServer(server).catch((error: Error) => {
    throw new Error(`no server that speaks MongoDB's protocol: MONGODB_URL is not set;\n${error.message}`);
  });
}

async function nameOf(client: MongoClient): Promise<string> {
  const info = await client.db("admin").command({ buildInfo: 1 });
  if (info.ferretdbVersion !== undefined) return "FerretDB 1.24 (SQLite), which stands in for MongoDB,";
  const { setName } = await client.db("admin").command({ hello: 1 });
  if (setName === "secantus") return "SecantusDB, which stands in for MongoDB,";
  return `MongoDB ${info.version}`;
}

async function probe(client: MongoClient): Promise<readonly Capability[]> {
  const db = client.db(`probe${randomBytes(5).toString("hex")}`);
  const abilities: Capability[] = [];
  try {
    for (const [capability, attempt] of Object.entries(CAPABILITIES)) {
      try {
        await attempt(db);
        abilities.push(capability as Capability);
      } catch {
        // It cannot.
      }
    }
  } finally {
    await db.dropDatabase();
  }
  return abilities;
}

/** Where `describe.each` makes one test into three, the summary has it once. */
function skipping(reason: string): ReturnType<MongoServer["testWith"]> {
  return (name, work) => {
    reportNotTested(reason, name);
    test.skip(name, work);
  };
}
