import {
  create,
  createFileRegistry,
  createMutableRegistry,
  type DescMessage,
  fromJson,
  type Registry,
} from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";

/** `list …` is repeated, `map` is of strings; a capital letter begins a message of this package. */
type Fields = Readonly<Record<string, string>>;

const BLOCKS = ["shared_hit", "shared_read", "shared_dirtied", "shared_written", "local_hit", "local_read"]
  .concat(["local_dirtied", "local_written", "temp_read", "temp_written"])
  .map((name) => `${name}_blocks`);
const blockCounts: Fields = Object.fromEntries(BLOCKS.map((name) => [name, "uint64"]));

/** The names and types that sqlc's rules know; keys of EXPLAIN's JSON become fields: `Total Cost` is `total_cost`. */
const MESSAGES: Readonly<Record<string, Fields>> = {
  Parameter: { number: "int32" },
  Config: { version: "string", engine: "string", schema: "list string", queries: "list string" },
  Query: { sql: "string", name: "string", cmd: "string", params: "list Parameter" },
  PostgreSQL: { explain: "PostgreSQLExplain" },
  PostgreSQLExplain: { plan: "Plan", settings: "map", planning: "Planning" },
  Planning: blockCounts,
  Plan: {
    node_type: "string",
    parent_relationship: "string",
    relation_name: "string",
    schema: "string",
    alias: "string",
    parallel_aware: "bool",
    async_capable: "bool",
    startup_cost: "float",
    total_cost: "float",
    plan_rows: "uint64",
    plan_width: "uint64",
    output: "list string",
    plans: "list Plan",
    ...blockCounts,
    sort_key: "list string",
    join_type: "string",
    inner_unique: "bool",
    hash_cond: "string",
    index_name: "string",
    scan_direction: "string",
    index_cond: "string",
  },
};

const SCALARS: Readonly<Record<string, Type>> = {
  string: Type.STRING,
  bool: Type.BOOL,
  float: Type.FLOAT,
  int32: Type.INT32,
  uint64: Type.UINT64,
};

const PACKAGE = "vet";

/** The messages as protobuf has them, so that a field that EXPLAIN leaves out has its type's default value. */
function buildRegistry(): Registry {
  const file = create(FileDescriptorProtoSchema, {
    name: "vet.proto",
    package: PACKAGE,
    syntax: "proto3",
    messageType: Object.entries(MESSAGES).map(([name, fields]) => ({
      name,
      field: Object.entries(fields).map(([field, type], i) => fieldOf(name, field, type, i + 1)),
      nestedType: Object.values(fields).includes("map") ? [SETTINGS_ENTRY] : [],
    })),
  });
  const files = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));
  return createMutableRegistry(...files);
}

const SETTINGS_ENTRY = {
  name: "SettingsEntry",
  field: ["key", "value"].map((name, i) => ({
    name,
    number: i + 1,
    type: Type.STRING,
    label: Label.OPTIONAL,
  })),
  options: { mapEntry: true },
};

function fieldOf(message: string, name: string, written: string, number: number) {
  const type = written.replace("list ", "");
  const isMessage = /^[A-Z]/.test(type);
  const typeName =
    written === "map" ? `.${PACKAGE}.${message}.SettingsEntry` : isMessage ? `.${PACKAGE}.${type}` : "";
  return {
    name,
    number,
    jsonName: name.replace(/(?:^|_)([a-z])/g, (_, c: string) => ` ${c.toUpperCase()}`).trim(),
    label: written.startsWith("list ") || written === "map" ? Label.REPEATED : Label.OPTIONAL,
    type: typeName === "" ? SCALARS[type]! : Type.MESSAGE,
    ...(typeName !== "" && { typeName }),
  };
}

export const registry: Registry = buildRegistry();

/** A message from JSON, by field names or by EXPLAIN's own keys; fields that the message does not have are left out. */
export function message(name: "Query" | "Config" | "PostgreSQL", json: object) {
  const type = registry.getMessage(`${PACKAGE}.${name}`) as DescMessage;
  return fromJson(type, json as never, { ignoreUnknownFields: true });
}
