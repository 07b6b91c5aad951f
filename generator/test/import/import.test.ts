import { keptValues } from "../../src/import/kept-values.ts";
import { type PgtypedConfig, readPgtypedConfig } from "../../src/import/pgtyped-config.ts";
import { planImport, toolOf } from "../../src/import/plan.ts";
import type { Tool } from "../../src/import/tools.ts";

// What queries of other tools become, form by form.

function imported(
  tool: Tool,
  files: Readonly<Record<string, string>>,
  client: string | null = null,
  pgtyped: PgtypedConfig | null = null,
) {
  const plan = planImport(new Map(Object.entries(files)), {
    tool,
    queries: "db",
    out: "src/db",
    client: client === null ? null : clientOf(client),
    pgtyped,
    removesOriginals: false,
  });
  return {
    files: Object.fromEntries(plan.changes.map(({ path, after }) => [path, after])),
    problems: plan.diagnostics.map(({ code, message }) => `${code}: ${message}`),
  };
}

function clientOf(words: string): { name: string; module: string | null } {
  const [name = "", module = null] = words.split(" from ");
  return { name, module };
}

const sql = (text: string) => imported("pgtyped", { "a.sql": text }).files["db/a.sql"];

test("parameters are those that pgtyped sees, casts and strings are not", () => {
  const text = `/* @name Q */ select ':no', a::int, $$ :no $$, "a:b", b[1:2] -- :no
from t where x=:x! and y = :y and z = :y::text and w != :w!;`;
  expect(sql(text)).toBe(`-- name: Q :many
select ':no', a::int, $$ :no $$, "a:b", b[1:2] -- :no
from t where x=sqlc.arg('x') and y = sqlc.narg('y') and z = sqlc.narg('y')::text and w != @w;
`);
});

test("required once is required, and rows come by select, values and returning", () => {
  expect(sql("/* @name a */ with t as (select 1) update u set x = :x where y = :x!;")).toBe(
    "-- name: A :exec\nwith t as (select 1) update u set x = @x where y = @x;\n",
  );
  expect(sql("/* @name b */ with t as (delete from u returning id) select * from t;")).toContain(":many");
  expect(sql("/* @name c */ delete from u returning id")).toContain(":many");
  expect(sql("/* @name d */ (select 1) union (select 2);")).toContain(":many");
});

test("members of two objects that are called alike keep their object's name", () => {
  const text = "/* @name a\n @param old -> (name!)\n @param new -> (name) */ select f(:old, :new);";
  expect(sql(text)).toContain("select f((@old_name), (sqlc.narg('new_name')));");
});

test("what is no query, or cannot be said, is left and named", () => {
  const text =
    "select 1; /* @name a */ begin; /* @name b @param r -> ((x)...) */ insert into t values :r on conflict do nothing;";
  const { files, problems } = imported("pgtyped", { "a.sql": text });
  expect(files).toEqual({});
  expect(problems.map((one) => one.replace(/:(?= rows).*/, ""))).toEqual([
    "import-unconverted: a statement without `@name`",
    "import-unconverted: a is no statement that gives or changes rows",
    "import-unconverted: b",
  ]);
});

test("templates: constants, what others import of them, and calls that are no calls", () => {
  const { files, problems } = imported("pgtyped", {
    "a.ts": `import { sql } from "@pgtyped/runtime";
const one = sql<IOneQuery>\`select $user(id, name!), $$ids from t\`;
export const two = sql\`insert into t (a) values $$rows(a)\`;
export const run = (db) => [one.run({ user: { id, name }, ids }, db), keep(two)];
`,
    "b.ts": `import { two as second } from "./a.js";\nawait second.run({ rows: all }, db);\n`,
  });
  expect(files["db/a.sql"]).toBe(
    "-- name: One :many\nselect (sqlc.narg('id'), @name), (sqlc.slice('ids')) from t;\n\n-- name: Two :copyfrom\ninsert into t (a) values (sqlc.narg('a'));\n",
  );
  expect(files["a.ts"]).toContain('export { two } from "./src/db/index.js";');
  expect(files["a.ts"]).toContain("[one(db, { id, name, ids }), keep(two)]");
  expect(files["b.ts"]).toBe('import { two as second } from "./src/db/index.js";\nawait second(db, all);\n');
  expect(problems).toEqual(["import-call-site: what two is used for is not certain"]);
});

test("modules that hand queries on are followed, and what is taken as a whole is listed", () => {
  const calls = "await findRooms.run({ beds: 1 }, db);\n";
  const { files, problems } = imported("pgtyped", {
    "rooms.sql":
      "/* @name FindRooms */ select * from rooms where beds > :beds!;\n/* @name Rest */ select 1 as one;",
    "all.ts": 'export * from "./rooms.queries.js";\n',
    "some.ts":
      'export { findRooms as rooms } from "./all.js";\nexport * as everything from "./rooms.queries.js";\n',
    "far.ts": `import { findRooms } from "./all.js";\n${calls}`,
    "farther.ts": 'import { rooms } from "./some.js";\nawait rooms.run({ beds: 1 }, db);\n',
    "whole.ts": 'import * as q from "./rooms.queries.js";\nawait q.findRooms.run({ beds: 1 }, db);\n',
    "late.ts": 'const { rest } = await import("./rooms.queries.js");\n',
    "old.cts": 'const q = require("./rooms.queries.js");\nimport p = require("./all.js");\n',
    "other.ts": 'import * as fs from "./files.js";\nexport * from "./more.js";\n',
  });
  expect(files["far.ts"]).toBe(
    'import { findRooms } from "./src/db/index.js";\nawait findRooms(db, { beds: 1 });\n',
  );
  expect(files["farther.ts"]).toBe(
    'import { findRooms as rooms } from "./src/db/index.js";\nawait rooms(db, { beds: 1 });\n',
  );
  const whole = (module: string) =>
    `import-call-site: what is called of ${module} as a whole is not followed`;
  const on = (module: string) => `import-call-site: ${module} is handed on to others`;
  expect(problems.toSorted()).toEqual(
    [
      on("./rooms.queries.js"),
      on("./all.js"),
      whole("./rooms.queries.js"),
      whole("./rooms.queries.js"),
      whole("./rooms.queries.js"),
      whole("./rooms.queries.js"),
      whole("./all.js"),
    ].toSorted(),
  );
  const typed = imported("typedsql", {
    "prisma/sql/rooms.sql": "select 1 as one",
    "a.ts": 'import * as typed from "@prisma/client/sql";\nawait prisma.$queryRawTyped(typed.rooms());\n',
  });
  expect(typed.problems).toEqual([whole("@prisma/client/sql")]);
});

test("line ends stay as they are, in files of every ending", () => {
  const lines = [
    'import { sql } from "@pgtyped/runtime";',
    "const one = sql`select 1 as one`;",
    "await one.run(undefined, db);",
    "",
  ];
  const { files } = imported("pgtyped", {
    "q.sql": "/* @name Q */\r\nselect *\r\nfrom t;\r\n",
    "a.mts": lines.join("\r\n"),
    "b.tsx":
      'import { q } from "./q.queries";\r\nexport const B = async () => <p>{(await q.run(undefined, db)).length}</p>;\r\n',
  });
  expect(files["db/q.sql"]).toBe("-- name: Q :many\nselect *\nfrom t;\n");
  expect(files["a.mts"]).toBe('import { one } from "./src/db/index.js";\r\nawait one(db);\r\n');
  expect(files["b.tsx"]).toBe(
    'import { q } from "./src/db/index";\r\nexport const B = async () => <p>{(await q(db)).length}</p>;\r\n',
  );
});

test("what every object has is no member of slonik's or pg's", () => {
  const slonik = `import { sql } from "slonik";
export const a = (pool: DatabasePool) => pool.any(sql.unsafe\`select \${sql.toString("x")}\`);
`;
  expect(imported("templates", { "a.ts": slonik }, "db").problems).toEqual([
    "import-unconverted: the statement is put together of parts",
  ]);
  const pg = `import { Pool } from "pg";
const pool = new Pool();
export const told = async () => (await pool.query("select 1")).toString();
`;
  expect(imported("templates", { "b.ts": pg }, "db").files["b.ts"]).toBeUndefined();
});

test("slonik's statements, with arrays; parts of statements are left", () => {
  const text = `import { sql } from "slonik";
export const find = (pool: DatabasePool, id) => pool.one(sql.type(row)\`select * from t where id = \${id} and n = any(\${sql.array(names, "text")})\`);
export const perhaps = (pool: DatabasePool) => pool.maybeOne(sql.unsafe\`select 1\`);
export const some = (pool: DatabasePool) => pool.any(sql.unsafe\`select \${sql.identifier(["a"])}\`);
`;
  const { files, problems } = imported("templates", { "a.ts": text }, "db");
  expect(files["db/a.sql"]).toContain("where id = sqlc.narg('id') and n = any(sqlc.narg('names')::text[]);");
  expect(files["a.ts"]).toContain("findOrThrow(db, { id, names })");
  expect(files["a.ts"]).toContain("perhapsQuery(db)");
  expect(problems).toEqual(["import-unconverted: the statement is put together of parts"]);
  expect(imported("templates", { "a.ts": text }).problems).toHaveLength(3);
});

test("what stands behind a list in a template is read", () => {
  const text =
    'import { sql } from "@pgtyped/runtime";\nconst remove = sql<IQ>`delete from t where id in $$ids returning id`;\n';
  expect(imported("pgtyped", { "a.ts": text }).files["db/a.sql"]).toBe(
    "-- name: Remove :many\ndelete from t where id in (sqlc.slice('ids')) returning id;\n",
  );
});

/** As pgtyped generates it. */
const generated = (of: string, prefix: string) => `/** Types generated for queries found in "${of}" */
import { PreparedQuery } from '@pgtyped/runtime';
export interface ${prefix}GetUserParams { id: number }
export interface ${prefix}GetUserResult { id: number }
`;

test("what pgtyped has generated is found wherever it is, and by the names that its types have", () => {
  const call = (
    module: string,
    prefix: string,
  ) => `import { getUser, type ${prefix}GetUserResult } from "${module}";
export const find = (db: Pool): Promise<${prefix}GetUserResult[]> => getUser.run({ id: 1 }, db);
`;
  const query = { "src/a.sql": "/* @name GetUser */ select id from t where id = :id!;" };
  const converted = {
    files: {
      "db/a.sql": "-- name: GetUser :many\nselect id from t where id = @id;\n",
      "src/find.ts": expect.stringMatching(
        /^import \{ getUser, type GetUserRow( as \w+)? \} from "\.\/db\/index";\nexport const find = .* => getUser\(db, \{ id: 1 \}\);\n$/,
      ),
    },
    problems: [],
  };
  // By its first line, wherever it is; then by the configuration, where it is not committed.
  for (const prefix of ["I", ""]) {
    const there = {
      "src/made/a.ts": generated("src/a.sql", prefix),
      "src/find.ts": call("./made/a", prefix),
    };
    expect(imported("pgtyped", { ...query, ...there })).toEqual(converted);
  }
  const config = readPgtypedConfig(
    new Map([
      ["jest.config.js", "module.exports = { transform: {} };"],
      [
        "pgtyped.config.cjs",
        `module.exports = { transforms: [{ mode: "sql", "emitTemplate": "{{dir}}/types/{{name}}.sql.ts" }], hungarianNotation: false, srcDir: "./src" };`,
      ],
    ]),
  );
  expect(config).toMatchObject({ path: "pgtyped.config.cjs", isCamelCase: false, isHungarian: false });
  expect(
    imported("pgtyped", { ...query, "src/find.ts": call("./types/a.sql.js", "") }, null, config).files[
      "src/find.ts"
    ],
  ).toContain("getUser(db, { id: 1 })");
});

test("what pgtyped was told of names and types is kept, or listed", () => {
  const config = readPgtypedConfig(
    new Map([
      [
        "config.json",
        `{ // a comment
          "transforms": [{ "mode": "ts", "include": "**/*.ts" }], "camelCaseColumnNames": true,
          "typesOverrides": { "date": "string", "int8": "BigInt", "numeric": "number", "timestamptz": { "return": "Date", "parameter": "Date" }, "jsonb": "./json#Json" }
        }`,
      ],
    ]),
  );
  const kept = keptValues("pgtyped", false, config);
  expect(kept.options).toEqual([
    "date: string",
    "int8: bigint",
    "numeric: number",
    "timestamptz: date",
    "optional_params: true",
    "overrides:",
    expect.stringContaining("db_type: timestamp,"),
    expect.stringContaining("db_type: json, encode: { name: formatJson,"),
    expect.stringContaining("db_type: jsonb, encode: { name: formatJson,"),
  ]);
  expect(kept.problems.map(({ message, span }) => [message, span?.file])).toEqual([
    ["jsonb was ./json#Json by typesOverrides, which is not kept", "config.json"],
  ]);
  expect(keptValues("pgtyped", false, null).options).toContain("property_case: preserve");
  expect(keptValues("typedsql", false, null)).toMatchObject({
    options: expect.arrayContaining(["date: date", "timestamp: date"]),
    functions: null,
  });
});

test("what may be in a transaction of the other tool's is not put onto the pool", () => {
  const slonik = `import { type CommonQueryMethods, type DatabasePool, sql } from "slonik";
export const both = (pool: DatabasePool) => pool.transaction(async (tx) => {
  await tx.query(sql.unsafe\`delete from t\`);
  await pool.query(sql.unsafe\`delete from u\`);
});
export class Some { constructor(readonly db: CommonQueryMethods) {} all() { return this.db.any(sql.unsafe\`select 1\`); } }
`;
  const { files, problems } = imported("templates", { "a.ts": slonik }, "db");
  expect(files["a.ts"]).toContain("await tx.query(sql.unsafe`delete from t`);\n  await both2(db);");
  expect(problems).toEqual([
    "import-call-site: tx may be in a transaction of slonik's",
    "import-call-site: this.db may be in a transaction of slonik's",
  ]);
  const prisma = `import { one } from "@prisma/client/sql";
export const both = (prisma: PrismaClient) => prisma.$transaction((tx) => tx.$queryRawTyped(one()));
`;
  const typed = imported("typedsql", { "prisma/sql/one.sql": "select 1 as one", "a.ts": prisma }, "db");
  expect(typed.problems).toEqual(["import-call-site: what one is used for is not certain"]);
});

test("the pool that calls run on is imported once, and under another name where its own means something else", () => {
  const text = (name: string) => `import { sql } from "slonik";
import { ${name} } from "./database";
export const all = () => ${name}.any(sql.unsafe\`select 1\`);
`;
  const from = (name: string) =>
    imported("templates", { "a.ts": text(name) }, "pool from ./database").files["a.ts"];
  expect(from("pool")).toBe(
    'import { all as allQuery } from "./src/db/index";\nimport { pool } from "./database";\nexport const all = () => allQuery(pool);\n',
  );
  const other = imported("templates", { "a.ts": text("pool") }, "pool from ./other").files["a.ts"];
  expect(other).toContain('import { pool as pgPool } from "./other";');
  expect(other).toContain("allQuery(pgPool)");
});

test("a query that is there is left as it is, and its name is taken", () => {
  const call =
    'import pg from "pg";\nexport async function get(db: pg.Pool) {\n  return (await db.query("select 2")).rows;\n}\n';
  const { files } = imported("templates", { "db/a.sql": "-- name: Get :one\nselect 1;\n", "a.ts": call });
  expect(files["db/a.sql"]).toBe("-- name: Get :one\nselect 1;\n\n-- name: Get2 :many\nselect 2;\n");
});

test("the tool is known by what is there", () => {
  const tool = (path: string, text: string) => toolOf(new Map([[path, text]]));
  expect(tool("a.sql", "/*\n * @name A\n */")).toBe("pgtyped");
  expect(tool("web/prisma/sql/a.sql", "select 1")).toBe("typedsql");
  expect(tool("a.ts", 'import pg from "pg"')).toBe("templates");
  expect(tool("a.sql", "-- name: A :one")).toBeNull();
});
