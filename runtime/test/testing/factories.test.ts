import { createFactories, type Table } from "../../src/testing/factories.ts";
import { createTestDatabase, type TestDatabase } from "../../src/testing/test-database.ts";
import { schema } from "./schema.ts";

// Rows are made up within all that the schema asks of them.

interface Post {
  id: number;
  tenantId: string;
  authorId: string;
  status: "draft" | "live";
  kind: "note" | "essay";
  code: string;
  stars: number;
  tags: string;
  sentAt: string;
  replyTo: number | null;
  title: string | null;
}

const text = { decode: (value: string) => value, encode: (value: string) => value };
const number = { decode: Number, encode: String };
const posts: Table<Post> = {
  schema: "public",
  table: "posts",
  columns: [
    ["id", "id", number],
    ["tenantId", "tenant_id", text],
    ["authorId", "author_id", text],
    ["status", "status", text],
    ["kind", "kind", text],
    ["code", "code", text],
    ["stars", "stars", number],
    ["tags", "tags", text],
    ["sentAt", "sent_at", text],
    ["replyTo", "reply_to", number],
    ["title", "title", text],
  ],
};
const tenants: Table<{ id: string; slug: string; name: string }> = {
  schema: "public",
  table: "tenants",
  columns: [
    ["id", "id", text],
    ["slug", "slug", text],
    ["name", "name", text],
  ],
};

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ schema: { sql: schema }, cache: false });
});
afterAll(() => database?.close());
beforeEach(() => database.begin());
afterEach(() => database.rollback());

test("what is required is made up, what is given is kept", async () => {
  const make = createFactories(database, { posts, tenants });
  const post = await make.posts({ title: "Given", status: "live" });
  expect(post).toMatchObject({ title: "Given", status: "live", kind: "note", replyTo: null, tags: "{}" });
  expect(post.stars).toBeGreaterThanOrEqual(1);
  const others = await make.posts.many(7, (index) => ({
    tenantId: post.tenantId,
    replyTo: post.id,
    title: `${index}`,
  }));
  expect(others.map(({ title }) => title)).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
  // The composite key goes to the same tenant.
  expect(new Set(others.map(({ tenantId }) => tenantId))).toEqual(new Set([post.tenantId]));
  expect(new Set(others.map(({ authorId }) => authorId)).size).toBe(7);
  const slugs = (await make.tenants.many(3)).map(({ slug }) => slug);
  expect(new Set(slugs).size).toBe(3);
  for (const slug of slugs) expect(slug).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
  expect((await make.tenants({ id: "4711" })).id).toBe("4711");
});

test("what cannot be made up is asked for by name", async () => {
  await database.query("create table odd (code text not null check (code ~ '^Q[0-9]{3}Z$'))");
  const odd: Table<{ code: string }> = { schema: "public", table: "odd", columns: [["code", "code", text]] };
  const make = createFactories(database, { odd });
  await expect(make.odd()).rejects.toThrow(/no value that was tried is one of public\.odd\.code: give it/);
  expect(await make.odd({ code: "Q123Z" })).toEqual({ code: "Q123Z" });
  await expect(make.odd({ other: 1 } as never)).rejects.toThrow('odd has no "other"');
});
