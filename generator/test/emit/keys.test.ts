import { typesOfQuery } from "./types-of-query.ts";

test.each(["none", "both"])(
  "a schema of a key's column is the type of all that leads to it (check: %s)",
  async (check) => {
    const { columns } = await typesOfQuery(
      "create table users (id uuid primary key); create table agents (id uuid primary key, owner uuid not null references users);",
      "select u.id, a.owner, a.id as agent, json_build_object('owner', a.owner) as built from agents a join users u on u.id = a.owner",
    );
    const schema = { name: "UserKey", from: "./keys.js" };
    const user = "InferOutput<typeof UserKey>";
    expect(columns({ brand_keys: true, overrides: [{ column: "users.id", schema, check }] })).toEqual([
      user,
      user,
      "AgentId",
      `{ owner: ${user} }`,
    ]);
  },
);
