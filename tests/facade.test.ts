import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { UniqueViolationError, workspaceId } from "@solitude/runtime";
import { loadConfig } from "@solitude/runtime/config";
import { build } from "esbuild";
import {
  type AgentId,
  createSolitude,
  getUser,
  type Solitude,
  type SolitudeTransaction,
  type UserId,
} from "../generated/src/index.ts";
import { must, PASSWORD_HASH } from "./platform.ts";
import type { TestDatabase } from "./postgres/database.ts";
import { createSolitudeDatabase } from "./postgres/solitude-schema.ts";

let database: TestDatabase;
let db: Solitude;
beforeAll(async () => {
  database = await createSolitudeDatabase();
  db = createSolitude({ postgres: { connectionString: database.url, max: 3 }, shutdown: { timeout: 1000 } });
});
afterAll(async () => {
  await db?.shutdown();
  await database?.drop();
});

const signUp = (on: Solitude | SolitudeTransaction, name: string) =>
  on.users.signUpUser({ email: `${name}@example.com`, displayName: name, secretHash: PASSWORD_HASH });
const found = (on: Solitude | SolitudeTransaction, slug: string, createdBy: UserId) =>
  on.workspaces.createWorkspace({ slug, name: slug, region: null, workspaceId: null, createdBy });

test("queries are reached by the file that they stand in, and can be taken apart", async () => {
  const user = must(await signUp(db, "ada"));
  const { createWorkspace } = db.workspaces;
  const workspace = must(
    await createWorkspace({
      slug: "acme",
      name: "Acme",
      region: null,
      workspaceId: null,
      createdBy: user.id,
    }),
  );
  expect(await db.replica.workspaces.getWorkspaceBySlug({ slug: "acme", userId: user.id })).toMatchObject({
    workspace: { id: workspace.id },
  });
  expect(await getUser(db.client, { id: user.id })).toMatchObject({ email: "ada@example.com" });
  await expect(
    db.agents.getAgent(
      { workspaceId: workspace.id, id: randomUUID() as AgentId },
      { signal: AbortSignal.abort() },
    ),
  ).rejects.toThrow("cancelled");
});

test("a transaction has them too; what fails in it, or in a savepoint of it, leaves nothing", async () => {
  const user = must(await signUp(db, "bob"));
  const failing = db.transaction(async (tx) => {
    await found(tx, "never", user.id);
    await found(tx, "never", user.id);
  });
  await expect(failing).rejects.toBeInstanceOf(UniqueViolationError);
  await db.transaction(async (tx) => {
    await found(tx, "outer", user.id);
    const inner = tx.transaction(async (savepoint) => {
      await found(savepoint, "inner", user.id);
      throw new Error("undo");
    });
    await expect(inner).rejects.toThrow("undo");
    expect(await getUser(tx.client, { id: user.id })).not.toBe(null);
  });
  const slugs = ["never", "outer", "inner"].map((slug) =>
    db.workspaces.getWorkspaceBySlug({ slug, userId: user.id }),
  );
  expect((await Promise.all(slugs)).map((row) => row?.workspace.slug)).toEqual([
    undefined,
    "outer",
    undefined,
  ]);
});

test("an explicit transaction ends by commit, by rollback, or with its block", async () => {
  const user = must(await signUp(db, "cleo"));
  const committed = await db.begin();
  await found(committed, "committed", user.id);
  await committed.commit();
  await committed.rollback();
  {
    await using left = await db.begin();
    await found(left, "left", user.id);
    const savepoint = await left.begin();
    await savepoint.rollback();
  }
  const slugs = ["committed", "left"].map((slug) =>
    db.workspaces.getWorkspaceBySlug({ slug, userId: user.id }),
  );
  expect((await Promise.all(slugs)).map((row) => row?.workspace.slug)).toEqual(["committed", undefined]);
});

test("it takes what loadConfig gives, knows its health, and ends for good", async () => {
  const other = createSolitude({
    ...loadConfig({ DATABASE_URL: database.url, DATABASE_TLS: "disable" }),
    health: { timeout: 60_000 },
  });
  expect((await other.health.check()).state).toBe("ready");
  expect(other.client.stat().maxConns).toBe(10);
  await other.shutdown();
  await other.shutdown();
  expect(other.health.report().state).toBe("shutting down");
  await expect(other.agents.getAgent({ workspaceId: workspaceId("w"), id: "" as AgentId })).rejects.toThrow();
});

test("whoever uses one plain function bundles no other", async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: 'import { getAgent } from "./index.ts"; console.log(getAgent);',
      resolveDir: fileURLToPath(new URL("../generated/src", import.meta.url)),
    },
    bundle: true,
    write: false,
    format: "esm",
    external: ["@solitude/runtime"],
  });
  const [{ text } = { text: "" }] = outputFiles;
  expect(text).toContain("-- name: GetAgent :one");
  expect(text.match(/-- name: /g)).toHaveLength(1);
  expect(text).not.toMatch(/create(Scoped)?Database|hstore/);
});

test("the health check has its own name and time, not those of the pool's calls", async () => {
  const other = createSolitude({
    postgres: { connectionString: database.url, max: 1, name: "orders", timeout: Number.POSITIVE_INFINITY },
    health: { timeout: 60_000 },
  });
  const { state, checks } = await other.health.check();
  expect([state, checks[0]?.name]).toEqual(["ready", "postgres"]);
  await other.shutdown();
  const unlimited = createSolitude({
    postgres: { connectionString: database.url, max: 1, timeout: 0 },
    health: { timeout: 60_000 },
  });
  expect((await unlimited.health.check()).state).toBe("ready");
  await unlimited.shutdown();
});
