import { KeyIdentity } from "../../src/infer/key-identity.ts";
import type { RawRelation } from "../../src/postgres/catalog-objects.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { catalogReader } from "../catalog-reader.ts";

// Whose rows the values of a column name: each way to be a key, beside what is one step away from it.
const SCHEMA = `
  create table users (id int primary key, owner uuid, name text unique);
  create table posts (post_id int primary key, author int references users, by_name text references users (name), other int);
  create table likes (user_id int references users, post_id int references posts, primary key (user_id, post_id));
  create table replies (liker int, post int, foreign key (liker, post) references likes);
  create table codes (code text primary key, label text);
  create table coded (id int primary key, code text references codes);
  create table lone (word text primary key);
  create table agents (agent uuid primary key, note uuid);
  create table items (list int, ordinal int, primary key (list, ordinal));
  create table item_notes (list int, ordinal int, foreign key (list, ordinal) references items);
  create table either (id int primary key, target int references users, foreign key (target) references posts (post_id));
  create table profiles (user_id int primary key references users, theme text);
  create table visits (profile int references profiles);
  create table left_half (id int primary key); create table right_half (id int primary key references left_half);
  alter table left_half add foreign key (id) references right_half;
  create table of_halves (half int references right_half);
  create table wide (id int unique, part_id int, primary key (id, part_id)); create table narrow (id int primary key references wide (id));
  alter table wide add foreign key (id) references narrow;
  create table events (id int, kind int, users_id int references users, primary key (id, kind)) partition by list (kind);
  create table events_1 (kind int not null, users_id int, id int not null);
  alter table events attach partition events_1 for values in (1);
  create table of_events (event int, kind int, foreign key (event, kind) references events);
`;

let engine: EmbeddedEngine;
let relations: readonly RawRelation[];
let identity: KeyIdentity;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(SCHEMA);
  const catalog = catalogReader(engine);
  await catalog.prefetch();
  relations = await catalog.userRelations();
  identity = new KeyIdentity(catalog, relations);
});
afterAll(() => engine.close());

test.each([
  ["users.id", "users.id"],
  ["users.owner", null],
  ["users.name", null],
  ["posts.post_id", "posts.post_id"],
  ["posts.author", "users.id"],
  // No primary key, whatever refers to it.
  ["posts.by_name", null],
  ["posts.other", null],
  ["likes.user_id", "users.id"],
  ["likes.post_id", "posts.post_id"],
  ["replies.liker", "users.id"],
  ["replies.post", "posts.post_id"],
  ["codes.code", "codes.code"],
  ["codes.label", null],
  ["coded.code", "codes.code"],
  // A text that nothing refers to.
  ["lone.word", null],
  ["agents.agent", "agents.agent"],
  ["agents.note", null],
  // Ordinals, of which only several together name a row.
  ["items.list", null],
  ["items.ordinal", null],
  ["item_notes.ordinal", null],
  ["either.target", null],
  ["profiles.user_id", "users.id"],
  ["profiles.theme", null],
  ["visits.profile", "users.id"],
  // Of two that refer to each other, the one that was made first.
  ["left_half.id", "left_half.id"],
  ["right_half.id", "left_half.id"],
  ["of_halves.half", "left_half.id"],
  // The one whose key is no more than that.
  ["wide.id", "narrow.id"],
  ["wide.part_id", "wide.part_id"],
  ["narrow.id", "narrow.id"],
  ["events.id", "events.id"],
  ["events.users_id", "users.id"],
  ["events_1.id", "events.id"],
  ["events_1.users_id", "users.id"],
  ["events_1.kind", null],
  ["of_events.event", "events.id"],
])("%s names a row of %s", (column, expected) => {
  const [table, name] = column.split(".");
  const relation = relations.find((one) => one.name === table)!;
  const { number } = [...relation.columns.values()].find((one) => one.name === name)!;
  const found = identity.of(relation, number);
  expect(found && `${found.table}.${found.column}`).toBe(expected);
  expect(found?.schema ?? "public").toBe("public");
});
