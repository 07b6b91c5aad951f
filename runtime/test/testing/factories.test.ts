import { createFactories, type Table } from "../../src/testing/factories.ts";
import { matching } from "../../src/testing/pattern.ts";
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
  database = await createTestDatabase({ schema: { sql: schema } });
});
afterAll(() => database?.close());
beforeEach(() => database.begin());
afterEach(() => database.rollback());

async function define(...statements: string[]): Promise<void> {
  for (const statement of statements) await database.query(statement);
}

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
  await database.query("create table odd (code text not null check (md5(code) like '0000%'))");
  const odd: Table<{ code: string }> = { schema: "public", table: "odd", columns: [["code", "code", text]] };
  const make = createFactories(database, { odd });
  await expect(make.odd()).rejects.toThrow(/no value that was tried is one of public\.odd\.code: give it/);
  // The md5 of this text begins with four zeros.
  expect(await make.odd({ code: "q61571" })).toEqual({ code: "q61571" });
  await expect(make.odd({ other: 1 } as never)).rejects.toThrow('odd has no "other"');
});

const patterns = [
  "^sol_[A-Za-z0-9]{4,12}$",
  "^[a-z_]+(\\.[a-z_]+)+$",
  "^(vault|aws-sm)://[^\\s]+$",
  "^\\d{3}-\\w+\\S?$",
  "^[[:upper:]]{2}[^[:alpha:]_-]{2}$",
  "^(?:a|bc){2}(d*)e?.{3}$",
  "[]x-]{2}\\.$",
];

test("a pattern of a CHECK or a domain is followed, differently for each row", async () => {
  const checks = patterns.map((pattern, i) => `c${i} text not null unique check (c${i} ~ '${pattern}')`);
  await define(
    "create domain ticket as text check (value ~ '^T-[0-9]{5}$')",
    `create table patterned (${checks.join(", ")}, ticket ticket not null unique, sku text not null unique check (sku like 'sku\\_%-_'))`,
  );
  const patterned: Table<{ ticket: string }> = {
    schema: "public",
    table: "patterned",
    columns: [["ticket", "ticket", text]],
  };
  const rows = await createFactories(database, { patterned }).patterned.many(9);
  expect(new Set(rows.map(({ ticket }) => ticket)).size).toBe(9);
  // What looks around, or back, is not made up.
  expect(matching("^(a)\\1$", 1)).toBeNull();
  expect(matching("^(?=a)", 1)).toBeNull();
});

test("CHECKs of several columns are satisfied by NULL, by other values, and by rows that are referred to", async () => {
  await define(
    "create type medium as enum ('letter', 'call')",
    `create table notices (id integer generated always as identity primary key, medium medium not null, phone text, address text,
      post_id integer references posts, pair_id integer references pairs, first integer not null default 9, last integer not null default 3,
      check (case medium when 'call' then phone is not null else address is not null and phone is null end),
      check (num_nonnulls(post_id, pair_id) = 1), check (first <= last))`,
  );
  interface Notice {
    medium: string;
    phone: string | null;
    address: string | null;
    postId: number | null;
    pairId: number | null;
  }
  const notices: Table<Notice> = {
    schema: "public",
    table: "notices",
    columns: [
      ["medium", "medium", text],
      ["phone", "phone", text],
      ["address", "address", text],
      ["postId", "post_id", number],
      ["pairId", "pair_id", number],
    ],
  };
  const make = createFactories(database, { notices, posts });
  const [first, second] = await make.notices.many(2);
  expect(first).toMatchObject({ medium: "letter", phone: null, address: expect.any(String) });
  expect(second?.address).not.toBeNull();
  expect([first?.postId, first?.pairId].filter((id) => id !== null)).toHaveLength(1);
  // What is given stays as it is, and the rest is made to agree with it.
  const { id } = await make.posts();
  expect(await make.notices({ medium: "call", postId: id })).toMatchObject({
    medium: "call",
    phone: expect.any(String),
    postId: id,
    pairId: null,
  });
  await expect(make.notices({ medium: "call", phone: null })).rejects.toThrow("notices_check");
});

test("rows share no range, and triggers fill in what is theirs", async () => {
  await define(
    `create table stays (during daterange not null, days int4multirange not null, code text not null,
      exclude using gist (during with &&), exclude using gist (days with &&))`,
    `create function number_stay() returns trigger language plpgsql as $$ begin
      if new.code is not null then raise exception 'codes are given here'; end if;
      new.code := to_char(lower(new.during), 'YYYYMMDD'); return new; end $$`,
    "create trigger number_stay before insert on stays for each row execute function number_stay()",
  );
  const stays: Table<{ code: string }> = {
    schema: "public",
    table: "stays",
    columns: [["code", "code", text]],
  };
  const made = await createFactories(database, { stays }).stays.many(3);
  expect(new Set(made.map(({ code }) => code)).size).toBe(3);
});

test("what a trigger asks for is said once, for rows that others refer to as well", async () => {
  await define(
    `create function refuse_unsorted() returns trigger language plpgsql as $$ begin
      if not exists (select from tenants where id = new.tenant_id and name = 'sorted') then raise exception 'unsorted'; end if;
      return new; end $$`,
    "create constraint trigger refuse_unsorted after insert on posts for each row execute function refuse_unsorted()",
  );
  const all = { posts, tenants };
  await expect(createFactories(database, all).posts()).rejects.toThrow("unsorted");
  const make = createFactories(database, all, {
    tenants: () => ({ name: "sorted" }),
    posts: (_make, { title }) => ({ title: `${title ?? "untitled"}!` }),
  });
  expect(await make.posts({ stars: 3 })).toMatchObject({ title: "untitled!", stars: 3 });
  expect(await make.posts({ title: "Given" })).toMatchObject({ title: "Given" });
  await expect(make.posts({ tenantId: (await make.tenants({ name: "other" })).id })).rejects.toThrow(
    "unsorted",
  );
});
