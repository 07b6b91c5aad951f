import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PoolClient } from "pg";
import type { RollOutPlan } from "../../generator/src/check/verify/plan/model.ts";
import type { Verdict } from "../../generator/src/check/verify/verify.ts";
import { splitStatements } from "../../generator/src/postgres/raw-parse.ts";
import { askCommand } from "../command.ts";
import { rowsWrittenIn, sliceToRun } from "../long-form.ts";
import { createDatabase } from "../postgres/database.ts";
import { writeSides } from "../two-sides.ts";

// While a plan is followed on PostgreSQL 16, every version that runs writes rows: in the end each has the values that its version gave it.

interface Change {
  readonly schema: string;
  readonly migration: string;
  /** What each version writes, `$1` a number that is new. */
  readonly deployed: readonly string[];
  readonly next: readonly string[];
  /** Columns of the rows in the end, by what was written at a step and by whom: `$1` is the number. */
  readonly wanted: { readonly deployed: readonly string[]; readonly next: readonly string[] };
  /** Reads them under each version's names. */
  readonly read: { readonly deployed: string; readonly next: string };
}

const PEOPLE = `create table people (id int primary key, email text not null, phone text default 'none', level text not null default 'low');`;

const CHANGES: Readonly<Record<string, Change>> = {
  "NULL under a name that has a default": {
    schema: PEOPLE,
    migration: "alter table people rename phone to mobile;",
    deployed: [
      "insert into people (id, email, phone) values ($1, 'a', null)",
      "insert into people (id, email) values ($1, 'a')",
      "insert into people (id, email, phone) values ($1, 'a', '1')",
    ],
    next: [
      "insert into people (id, email, mobile) values ($1, 'a', null)",
      "insert into people (id, email) values ($1, 'a')",
      "insert into people (id, email, mobile) values ($1, 'a', '1')",
    ],
    read: {
      deployed: "select id, phone as value from people",
      next: "select id, mobile as value from people",
    },
    wanted: { deployed: ["null", "'none'", "'1'"], next: ["null", "'none'", "'1'"] },
  },
  "a trigger that writes the renamed column": {
    schema: `${PEOPLE}
create function tidy() returns trigger language plpgsql as $$ begin new.email := lower(new.email); return new; end $$;
create trigger zz before insert or update on people for each row execute function tidy();`,
    migration: `alter table people rename email to mail;
create or replace function tidy() returns trigger language plpgsql as $$ begin new.mail := lower(new.mail); return new; end $$;`,
    deployed: ["insert into people (id, email) values ($1, 'A')"],
    next: ["insert into people (id, mail) values ($1, 'B')"],
    read: { deployed: "select id, email as value from people", next: "select id, mail as value from people" },
    wanted: { deployed: ["'a'"], next: ["'b'"] },
  },
  "a required column that is computed of another": {
    schema: PEOPLE,
    migration:
      "alter table people add slug text; update people as p set slug = 's-' || p.email where p.email <> 'none'; alter table people alter slug set not null;",
    deployed: ["insert into people (id, email) values ($1, 'a')"],
    next: ["insert into people (id, email, slug) values ($1, 'b', 'own')"],
    read: { deployed: "", next: "select id, slug as value from people" },
    wanted: { deployed: ["'s-a'"], next: ["'own'"] },
  },
  "a default of a required column": {
    schema: PEOPLE,
    migration: "alter table people rename level to grade;",
    deployed: [
      "insert into people (id, email) values ($1, 'a')",
      "insert into people (id, email, level) values ($1, 'a', 'high')",
    ],
    next: [
      "insert into people (id, email) values ($1, 'b')",
      "insert into people (id, email, grade) values ($1, 'b', 'high')",
    ],
    read: {
      deployed: "select id, level as value from people",
      next: "select id, grade as value from people",
    },
    wanted: { deployed: ["'low'", "'high'"], next: ["'low'", "'high'"] },
  },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "solitude-plan-values-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function planOf(
  change: Pick<Change, "schema" | "migration" | "deployed" | "next">,
  ...told: readonly string[]
): Promise<RollOutPlan> {
  const annotated = (queries: readonly string[]): string =>
    queries.map((sql, i) => `-- name: Q${i} :exec\n${sql};\n`).join("\n");
  writeSides(folder, {
    base: { schema: [change.schema], queries: annotated(change.deployed) },
    head: { schema: [change.schema, change.migration], queries: annotated(change.next) },
  });
  const { plans } = await askCommand<Verdict>(
    join(folder, "head"),
    "verify",
    "--against",
    "../base",
    ...told,
  );
  const [plan] = plans;
  expect(plan?.refused).toBeNull();
  return plan!;
}

async function onDatabase<T>(schema: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const database = await createDatabase();
  try {
    await database.pool.query(schema);
    const client = await database.pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  } finally {
    await database.drop();
  }
}

const run = async (client: PoolClient, sql: string): Promise<void> => {
  for (const { start, end } of await splitStatements(sql)) await client.query(sql.slice(start, end));
};

const isTouched = rowsWrittenIn("tests/verify/plan-values.test.ts");

test.each(sliceToRun("changes of which each row is followed", Object.entries(CHANGES), 4, { isTouched }))(
  "each row keeps what its version gave it: %s",
  async (_, change) => {
    const { steps } = await planOf(change);
    await onDatabase(change.schema, async (client) => {
      const wanted: string[] = [];
      const write = async (version: "deployed" | "next"): Promise<void> => {
        for (const [i, sql] of change[version].entries()) {
          const id = wanted.length + 1;
          await client.query(sql, [id]);
          wanted.push(`(${id}, ${change.wanted[version][i]}::text)`);
        }
      };
      const differing = async (read: string): Promise<unknown[]> =>
        (
          await client.query(
            `select w.id, w.value as wanted, r.value from (values ${wanted.join(", ")}) as w (id, value) full join (${read}) as r on r.id = w.id
           where r.value is distinct from w.value`,
          )
        ).rows;
      await write("deployed");
      for (const { sql, proof } of steps) {
        await run(client, sql);
        for (const { version, runs } of proof) {
          if (!runs || version === "both") continue;
          const of = version === "new" ? "next" : "deployed";
          await write(of);
          if (of === "deployed" && change.read.deployed !== "")
            expect(await differing(change.read.deployed)).toEqual([]);
        }
      }
      expect(await differing(change.read.next)).toEqual([]);
    });
  },
);

test("as soon as the old name has gone, rows are stored as under the new schema", async () => {
  const change = {
    schema: `create table tickets (id int generated by default as identity (start with 5) primary key, kind text not null default 'k');
create table lines (id serial primary key, kind text not null default 'k');
insert into tickets default values; insert into lines default values;`,
    migration:
      "alter table tickets rename id to number; alter table tickets rename kind to sort; alter table lines rename id to number;",
    deployed: [
      "insert into tickets default values",
      "insert into lines default values",
      "delete from tickets where id = 1 and kind = 'k'",
      "delete from lines where id = 1",
    ],
    next: [
      "insert into tickets default values",
      "insert into lines default values",
      "delete from tickets where number = 1 and sort = 'k'",
      "delete from lines where number = 1",
    ],
  };
  const { steps } = await planOf(change);
  await onDatabase(change.schema, async (client) => {
    for (const { sql } of steps.slice(0, -1)) await run(client, sql);
    const { sql } = steps.at(-1)!;
    // The transactions that end the old names; all that follows may come later.
    const end = sql.lastIndexOf("commit;\n") + "commit;\n".length;
    for (const part of [sql.slice(0, end), sql.slice(end)]) {
      await run(client, part);
      await client.query("insert into tickets default values; insert into lines default values");
    }
    const { rows } = await client.query(
      "select array(select number || sort from tickets order by number) as tickets, array(select number || kind from lines order by number) as lines",
    );
    expect(rows).toEqual([{ tickets: ["5k", "6k", "7k"], lines: ["1k", "2k", "3k"] }]);
  });
});

test("names that have changed places are seen, and done as the migration does it", async () => {
  const change = {
    schema:
      "create table people (id int primary key, given text, family text); insert into people values (1, 'Ada', 'Lovelace');",
    migration:
      "alter table people rename given to other; alter table people rename family to given; alter table people rename other to family;",
    deployed: ["select given, family from people"],
    next: ["select family, given from people"],
  };
  const { steps } = await planOf(change, "--plan");
  const { findings } = await askCommand<Verdict>(join(folder, "head"), "verify", "--against", "../base");
  expect(findings.map(({ message }) => message)).toEqual(
    expect.arrayContaining([
      expect.stringContaining("column given"),
      expect.stringContaining("column family"),
    ]),
  );
  await onDatabase(change.schema, async (client) => {
    for (const { sql } of steps) await run(client, sql);
    const { rows } = await client.query("select given, family from people");
    expect(rows).toEqual([{ given: "Lovelace", family: "Ada" }]);
  });
});

test.each(
  sliceToRun(
    "tables whose rows no trigger carries over",
    [
      [
        "the partition of a row is chosen by it",
        "create table people (id int, kind text) partition by list (kind); create table kinds partition of people for values in ('k', 'x');",
      ],
      [
        "the part of a partition is chosen by it",
        `create table people (id int, kind text) partition by range (id);
create table few partition of people for values from (0) to (1000) partition by list (kind); create table kinds partition of few for values in ('k', 'x');`,
      ],
      [
        "another table inherits it",
        "create table people (id int, kind text); create table heirs () inherits (people);",
      ],
    ] as const,
    3,
    { isTouched },
  ),
)("no trigger has a name follow the other where %s", async (_, schema) => {
  const change = {
    schema,
    migration: "alter table people rename kind to sort;",
    deployed: ["insert into people (id, kind) values ($1, 'x')"],
    next: ["insert into people (id, sort) values ($1, 'x')"],
  };
  await expect(planOf(change)).rejects.toThrow(/column \\?"?(?:kind|sort)/);
});

test("there is no plan where nothing tells which of two names was given, or a trigger is for the old one alone", async () => {
  const change = {
    schema: `create table people (id int primary key, code text default gen_random_uuid()::text, phone text);
create function note() returns trigger language plpgsql as 'begin return null; end';
create trigger t after update of phone on people for each row execute function note();`,
    deployed: ["insert into people (id, code, phone) values ($1, null, null)"],
  };
  for (const [from, to] of [
    ["code", "token"],
    ["phone", "mobile"],
  ] as const) {
    const next = change.deployed.map((sql) => sql.replace(from, to));
    await expect(
      planOf({ ...change, migration: `alter table people rename ${from} to ${to};`, next }),
    ).rejects.toThrow(new RegExp(`column \\\\?"?${from}`));
  }
});
