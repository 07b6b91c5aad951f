import { z } from "zod";
import { ciOptions } from "./options/ci.ts";
import { typescriptOptions } from "./options/typescript.ts";
import { vetOptions } from "./options/vet.ts";

const paths = z
  .union([z.string().min(1), z.array(z.string().min(1))], { error: "must be a path or a list of paths" })
  .describe("A file, a folder or a glob, or a list of them, relative to this file");

/** Another language's target: sqlc reads it, this tool leaves it alone. */
const foreign = z.unknown().describe("For sqlc's other languages; left alone");

const engine = z
  .string()
  .describe("Only `postgresql` is supported")
  .meta({ examples: ["postgresql"] });

const target = typescriptOptions.extend({
  out: z.string().min(1).describe("The folder that the generated files go to"),
});
interface Dependent {
  readonly driver: string;
  readonly emit_facade?: string | undefined;
  readonly tenant?: unknown;
}
const hasFacadesDriver = (o: Dependent): boolean =>
  o.emit_facade === undefined || o.driver === "@solitude/runtime";
const FACADES_DRIVER = { message: 'needs `driver: "@solitude/runtime"`', path: ["emit_facade"] };
const hasTenantsFacade = (o: Dependent): boolean => o.tenant === undefined || o.emit_facade !== undefined;
const TENANTS_FACADE = { message: "needs `emit_facade`", path: ["tenant"] };

const typescript = target
  .refine(hasFacadesDriver, FACADES_DRIVER)
  .refine(hasTenantsFacade, TENANTS_FACADE)
  .describe("What `solitude-gen generate` writes");

/** Where sqlc, which refuses a `gen.typescript`, leaves it alone. */
const typescriptAside = z
  .union([
    typescript,
    z.array(
      target
        .extend({
          entry: z
            .union([z.string(), z.number().int().min(0)])
            .describe("Which entry of `sql:` it is for: its name, or its place, from 0"),
        })
        .refine(hasFacadesDriver, FACADES_DRIVER)
        .refine(hasTenantsFacade, TENANTS_FACADE),
    ),
  ])
  .describe("What `gen.typescript` says, in a place that sqlc leaves alone; a list for several entries");

const json = z
  .strictObject({
    out: z.string().min(1).describe("The folder that it goes to"),
    filename: z.string().optional().describe("`codegen_request.json` unless given"),
    indent: z.string().optional().describe("Two spaces unless given"),
  })
  .describe("Writes the request that sqlc's plugins are given, as JSON");

const gen = z.strictObject({
  typescript: typescript.optional(),
  go: foreign.optional(),
  json: json.optional(),
  kotlin: foreign.optional(),
  python: foreign.optional(),
});

const database = z.strictObject({
  uri: z
    .string()
    .optional()
    .describe(
      "A server to analyse against in place of the embedded one; `$` and a name in braces is an environment variable",
    ),
  managed: z.boolean().optional().describe("sqlc's own servers; left alone"),
});
const analyzer = z
  .strictObject({
    database: z
      .union([z.boolean(), z.string()])
      .optional()
      .describe("Left alone: PostgreSQL always analyses"),
  })
  .describe("sqlc's; left alone");
const rules = z
  .array(
    z.strictObject({
      name: z.string().describe("What `rules:` of an entry calls it by"),
      rule: z.string().optional().describe("The expression; a query is reported where it is true"),
      message: z.string().optional().describe("What is said then"),
    }),
  )
  .describe(
    "Rules of one's own for `vet`, as sqlc has them: CEL expressions over `query`, `config` and `postgresql.explain`",
  );
const vet = vetOptions.describe("What `solitude-gen vet` looks for");
const ci = ciOptions.describe("What `solitude-gen ci` checks; its options overrule it");

const schemaVariables = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .describe("What the placeholders of migration tools and psql's variables stand for in the schema files");

/** What an entry has in both versions. */
const entry = {
  name: z.string().optional().describe("What the entry is called elsewhere in this file"),
  schema: paths.optional(),
  queries: paths.optional(),
  database: database.optional().describe("Where the schema is, for those who have it on a server"),
  analyzer: analyzer.optional(),
  strict_function_checks: z
    .boolean()
    .optional()
    .describe("sqlc's; PostgreSQL itself says which functions there are"),
  strict_order_by: z.boolean().optional().describe("sqlc's; PostgreSQL itself says what ORDER BY may name"),
  rules: z
    .array(z.string())
    .optional()
    .describe("Names of rules that the entry's queries are held against, `sqlc/db-prepare` among them"),
  gen: gen.optional().describe("What is generated, by language"),
};

const GO_KEYS_OF_VERSION_1 = [
  ..."path emit_interface emit_json_tags json_tags_id_uppercase emit_db_tags emit_prepared_queries".split(
    " ",
  ),
  ..."emit_exact_table_names emit_empty_slices emit_exported_queries emit_result_struct_pointers".split(" "),
  ..."emit_params_struct_pointers emit_methods_with_db_argument emit_pointers_for_null_types".split(" "),
  ..."emit_pointers_for_null_enum_types emit_enum_valid_method emit_all_enum_values emit_sql_as_comment".split(
    " ",
  ),
  ..."json_tags_case_style sql_package sql_driver overrides rename output_batch_file_name output_db_file_name".split(
    " ",
  ),
  ..."output_models_file_name output_models_path output_models_package output_models_import output_models_emit".split(
    " ",
  ),
  ..."output_querier_file_name output_copyfrom_file_name output_files_suffix query_parameter_limit".split(
    " ",
  ),
  ..."omit_sqlc_version omit_unused_structs wrap_errors build_tags initialisms package out".split(" "),
  "inflection_exclude_table_names",
];

const head = {
  $schema: z.string().optional().describe("Where an editor finds the schema of this file"),
  cloud: z.looseObject({}).optional().describe("sqlc's own service; left alone"),
  rules: rules.optional(),
  vet: vet.optional(),
  ci: ci.optional(),
};

export const configVersion1 = z.strictObject({
  ...head,
  version: z.literal(["1", 1]).describe("The form of this file"),
  packages: z
    .array(
      z.strictObject({
        ...entry,
        ...Object.fromEntries(GO_KEYS_OF_VERSION_1.map((key) => [key, foreign.optional()])),
        engine: engine.optional(),
      }),
    )
    .min(1, "no packages")
    .describe("A schema, the queries on it, and what is made of them"),
  overrides: foreign.optional(),
  rename: foreign.optional(),
});

export const configVersion2 = z.strictObject({
  ...head,
  version: z.literal(["2", 2]).describe("The form of this file"),
  sql: z
    .array(
      z.strictObject({
        ...entry,
        engine,
        codegen: z
          .array(
            z.strictObject({
              plugin: z.string().describe("A name of `plugins`"),
              out: z.string().describe("The folder that its files go to"),
              options: z.unknown().optional().describe("What the plugin is given, as it stands"),
            }),
          )
          .optional()
          .describe("Plugins that make files of the entry"),
      }),
    )
    .min(1, "no entry in `sql`")
    .describe("A schema, the queries on it, and what is made of them"),
  plugins: z
    .array(
      z.strictObject({
        name: z.string().describe("What `codegen` calls it by"),
        env: z.array(z.string()).optional().describe("Variables of the environment that it is given"),
        process: z
          .strictObject({
            cmd: z
              .string()
              .min(1)
              .describe("The command, found as the system finds it, or its path from this file's folder"),
            format: z
              .enum(["protobuf", "json", ""])
              .optional()
              .describe("How it is talked to: `protobuf` unless given"),
          })
          .optional()
          .describe("A program that reads a request and writes files"),
        wasm: z
          .strictObject({
            url: z.string().min(1).describe("An address that begins with https:// or file://"),
            sha256: z.string().optional().describe("Its checksum; another file is not run"),
          })
          .optional()
          .describe("A WebAssembly module that does the same"),
      }),
    )
    .optional()
    .describe("sqlc's plugins; that of TypeScript is stood in for"),
  servers: z
    .array(z.looseObject({ uri: z.string().optional().describe("The server's address") }))
    .optional()
    .describe("sqlc's servers for managed databases; left alone"),
  overrides: z.record(z.string(), foreign).optional().describe("For sqlc's other languages; left alone"),
  options: z
    .looseObject({
      // sqlc refuses a `vet:` or `ci:` at the top, and leaves this alone.
      "solitude-gen": z
        .strictObject({
          vet: vet.optional(),
          ci: ci.optional(),
          schema_variables: schemaVariables.optional(),
          typescript: typescriptAside.optional(),
          target_version: z
            .int()
            .min(16)
            .max(18)
            .optional()
            .describe(
              "The major version of PostgreSQL that the queries run on: stars over its own views stand for the columns that it has there. Without it, `vet.target_version`, or the version that a dump among the schema names",
            ),
        })
        .optional(),
    })
    .optional(),
});

export type ConfigVersion1 = z.output<typeof configVersion1>;
export type ConfigVersion2 = z.output<typeof configVersion2>;

/** The JSON schema of the configuration file, as editors use it for completion. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(z.union([configVersion2, configVersion1]), {
    io: "input",
    target: "draft-7",
    unrepresentable: "any",
  });
  return { ...schema, title: "sqlc.yaml for solitude-gen" };
}
