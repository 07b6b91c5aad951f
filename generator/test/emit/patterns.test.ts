import { typesOfQuery } from "./types-of-query.ts";

// Texts of which a CHECK says the form, wherever the column's own value stands.

test("the form is a template literal where the value is the column's", async () => {
  const { columns, params } = await typesOfQuery(
    `
      create table keys (id text primary key check (id like 'usr\\_%'), odd text not null check (odd like '\`\${a}"\\\\%'), owner text references keys);
      create view seen as select id as key from keys;
    `,
    `select k.id, k.odd, s.key, o.id as other, upper(k.id) as loud, coalesce(k.id, 'x') as either, json_build_object('id', k.id) as built, k.owner
from keys k join seen s on true left join keys o on o.id = k.owner where k.id = @id`,
  );
  const usr = "`usr_${string}`";
  expect(columns()).toEqual([
    usr,
    '`\\`\\${a}"\\\\${string}`',
    usr,
    `${usr} | null`,
    "string",
    "string",
    `{ id: ${usr} }`,
    "string | null",
  ]);
  // A brand says more.
  expect(columns({ brand_keys: true }).slice(0, 1)).toEqual(["KeyId"]);
  expect(columns({ overrides: [{ column: "keys.id", ts_type: "Own" }] }).slice(0, 1)).toEqual(["Own"]);
  // What is given is checked by PostgreSQL.
  expect(params()).toEqual(["string"]);
});
