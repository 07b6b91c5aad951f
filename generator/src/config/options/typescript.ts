import { z } from "zod";
import { FACADE_MEMBERS } from "./facade-members.ts";

const identifier = z
  .string()
  .regex(/^[A-Za-z_$][\w$]*$/, "must be a TypeScript identifier")
  .describe("A TypeScript identifier");

const imported = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .describe(
        "The exported name, or, for `ts_type`, any type expression whose first word is the exported name",
      ),
    from: z.string().min(1).optional().describe("The module to import from; without it the name is global"),
    import: z
      .string()
      .min(1)
      .optional()
      .describe("The same as `from`, spelled as some know it; give one of the two"),
  })
  .describe("A name and the module that exports it");

const override = z
  .strictObject({
    db_type: z
      .string()
      .min(1)
      .optional()
      .describe(
        "The PostgreSQL type that it applies to (`uuid`, `pg_catalog.int8`, `bigint`, `shop.color`); `*` matches any run of characters",
      ),
    column: z
      .string()
      .min(1)
      .optional()
      .describe(
        "The column that it applies to: `table.column` or `schema.table.column`, `*` for any; `GetAuthor.total` names the output column of a query, which reaches expressions too",
      ),
    query: z.string().min(1).optional().describe("Only in this query; `*` matches any run of characters"),
    nullable: z
      .boolean()
      .optional()
      .describe(
        "With `column`: whether it can be null, against what was inferred. With `db_type`: only where the column is (or is not) nullable",
      ),
    ts_type: z
      .union([z.string().min(1), imported])
      .optional()
      .describe(
        "The TypeScript type: an expression (`bigint`, `` `user_${string}` ``) or an import `{ name, from }`",
      ),
    decode: imported
      .optional()
      .describe("A function from PostgreSQL's text of a non-null value to `ts_type`"),
    encode: imported.optional().describe("A function from `ts_type` to PostgreSQL's text of the value"),
    schema: imported
      .optional()
      .describe(
        "A schema of the application that says the type: one of zod, Valibot, ArkType or anything else with `~standard` (Standard Schema); the type is what it gives, `InferOutput<typeof Conf>`",
      ),
    check: z
      .enum(["none", "read", "write", "both"])
      .optional()
      .describe(
        "With `schema`: whether values are held against it as they are read, before they are written, or both; `none` unless it is said, and then it is imported as a type alone",
      ),
    dimensions: z
      .int()
      .min(1)
      .max(6)
      .optional()
      .describe("For an array column: how many dimensions its values have (1 unless said otherwise)"),
  })
  .refine((o) => o.db_type !== undefined || o.column !== undefined, {
    message: "needs `db_type` or `column`",
  })
  .refine((o) => o.db_type === undefined || o.column === undefined, {
    message: "`db_type` and `column` exclude each other",
  })
  .refine((o) => o.query === undefined || o.column !== undefined, { message: "`query` needs `column`" })
  .refine((o) => o.check === undefined || o.schema !== undefined, { message: "`check` needs `schema`" })
  .refine((o) => o.schema === undefined || o.ts_type === undefined, {
    message: "`schema` says the type, and so does `ts_type`: give one of the two",
  })
  .refine((o) => o.schema === undefined || (o.schema.from ?? o.schema.import) !== undefined, {
    message: "`schema` needs the module that exports it: `{ name, from }`",
  });

const REFUSED_DRIVERS: Readonly<Record<string, string>> = {
  mysql2: "`mysql2` is a MySQL driver, and this tool generates for PostgreSQL only; use `pg`",
  "better-sqlite3":
    "`better-sqlite3` is an SQLite driver, and this tool generates for PostgreSQL only; use `pg`",
};

const DRIVERS = ["pg", "postgres", "@solitude/runtime"] as const;

const driver = z.enum(DRIVERS, {
  error: (issue) =>
    (typeof issue.input === "string" ? REFUSED_DRIVERS[issue.input] : undefined) ??
    `must be one of ${DRIVERS.map((d) => JSON.stringify(d)).join(", ")}`,
});

const setting = (meaning: string) =>
  z
    .string()
    .regex(
      /^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)+$/,
      "must be the name of a setting with a prefix, as `app.workspace_id`",
    )
    .describe(meaning);

const tenant = z
  .strictObject({
    column: z
      .string()
      .min(1)
      .describe(
        "The column that says whose row it is, e.g. `workspace_id`; parameters that meet it are filled in",
      ),
    setting: setting("The setting that row-level security compares with, e.g. `app.workspace_id`"),
    actor: setting(
      "The setting that says for whom a scope acts, e.g. `app.actor_id`: `db.workspace(id, { actor })` makes it, too",
    ).optional(),
    method: identifier
      .refine((name) => !FACADE_MEMBERS.includes(name), { message: "the object has a member of that name" })
      .optional()
      .describe(
        "The facade's method that gives a tenant's scope; the column without `_id` unless it is given",
      ),
    tables: z
      .record(z.string(), z.string().min(1))
      .default({})
      .describe(
        "Tables (`name` or `schema.name`) where the key is another column: `{ workspaces: id, listings: publisher_workspace_id }`",
      ),
    except: z
      .array(z.string().min(1))
      .default([])
      .describe("Queries whose arguments stay as they are, in a scope too"),
  })
  .describe(
    "Gives the object of `emit_facade` a method for a tenant's scope: `db.workspace(id)` has all queries without the tenant's key among their arguments, and makes the setting for each statement or transaction",
  );

/** For a moment, `iso` is first: the form in which JSON, `to_json` and other languages have it. */
const timeType = z.enum(["iso", "string", "date", "temporal"]);

export const typescriptOptions = z.strictObject({
  driver: driver
    .default("pg")
    .describe(
      "What the generated functions run on: anything with the `query` method of `pg`, postgres.js (`postgres`), or `@solitude/runtime`",
    ),
  runtime: z
    .string()
    .optional()
    .describe(
      "Accepted and ignored, as sqlc-gen-typescript does: the code is the same for Node.js, Bun and Deno",
    ),
  import_extension: z
    .enum(["auto", "", ".js", ".ts"])
    .default("auto")
    .describe(
      "How imports between the generated files end; `auto` takes what the nearest tsconfig.json and package.json need",
    ),
  property_case: z
    .enum(["camel", "preserve"])
    .default("camel")
    .describe("Property names: `user_id` becomes `userId`, or stays as it is in SQL"),
  emit_prepared_queries: z
    .boolean()
    .default(false)
    .describe("Names every statement, so that the server prepares it once per connection"),
  emit_facade: identifier
    .optional()
    .describe(
      "Adds an object with all queries, by file, that owns a pool: `Shop` gives `createShop(config)` and the types `Shop` and `ShopTransaction`; for `@solitude/runtime`",
    ),
  emit_schema: z
    .boolean()
    .default(false)
    .describe(
      "Writes `schema.ts`, the schema's SQL as it was applied, so that the client can make a database that has it: for tests",
    ),
  emit_tables: z
    .boolean()
    .default(false)
    .describe(
      "Writes `tables.ts`, of each table what `createFactories` of `@solitude/runtime/testing` needs to insert rows of it",
    ),
  tenant: tenant.optional(),
  explain_types: z
    .boolean()
    .default(false)
    .describe("Writes above each field of a row, and each argument, why it can be null or cannot"),
  optional_params: z
    .boolean()
    .default(false)
    .describe(
      "Whether a nullable parameter may be left out (`name?: T | null`) instead of being passed as null",
    ),
  brand_keys: z
    .boolean()
    .default(false)
    .describe(
      "Gives each primary key a type of its own (`UserId` of `users.id`), which all columns have whose foreign keys lead to it, and their parameters and results; an override of the key's own column holds for them all, too",
    ),
  int8: z
    .enum(["string", "bigint", "number"])
    .default("string")
    .describe("bigint: `number` throws beyond the safe integers"),
  numeric: z
    .enum(["string", "number"])
    .default("string")
    .describe("numeric: `number` rounds to 15 to 17 digits; `string` is exact"),
  json: z
    .enum(["Json", "unknown", "any"])
    .default("Json")
    .describe("The type of json and jsonb values whose shape is not known"),
  json_numbers: z
    .enum(["error", "exact"])
    .default("error")
    .describe(
      "json and jsonb: what becomes of a number that JavaScript's cannot hold exactly: an error, or a `JsonNumber`, which is written back as it was. Of computed JSON it is always an error; the types of `overrides` must allow for `JsonNumber`",
    ),
  date: z
    .enum(["string", "date", "temporal"])
    .default("string")
    .describe(
      "date: `string` is `2026-11-28`; `date` is midnight UTC, `temporal` a `Temporal.PlainDate`; both are an error for infinity and years that they cannot hold",
    ),
  timestamp: timeType
    .default("iso")
    .describe(
      "timestamp: `iso` is `2026-11-28T00:37:15.153977`, as `to_json` writes it; `string` is PostgreSQL's own text; `date` reads it as UTC, drops microseconds, and is an error for infinity; `temporal` is a `Temporal.PlainDateTime`",
    ),
  timestamptz: timeType
    .default("iso")
    .describe(
      "timestamptz: `iso` is `2026-11-28T00:37:15.153977+00:00`, as `to_json` writes it; `string` is PostgreSQL's own text; `date` drops microseconds, and is an error for infinity; `temporal` is a `Temporal.Instant`",
    ),
  ranges: z
    .enum(["object", "string"])
    .default("object")
    .describe("Ranges and multiranges: `Range<T>` objects, or PostgreSQL's text"),
  overrides: z
    .array(override)
    .default([])
    .describe("Types of one's own, per PostgreSQL type or per column; where several match, the last wins"),
  rename: z
    .record(z.string(), identifier)
    .default({})
    .describe(
      'TypeScript names for SQL names: of columns, parameters, tables and types, e.g. `{ "spotify_url": "spotifyURL" }`',
    ),
});

/** The options of `gen.typescript`, defaults filled in. */
export type TypeScriptOptions = z.output<typeof typescriptOptions>;
/** One entry of `overrides`. */
export type Override = TypeScriptOptions["overrides"][number];
