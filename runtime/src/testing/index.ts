export {
  type ColumnCodec,
  type Completions,
  createFactories,
  type Factories,
  type Factory,
  type Given,
  type Table,
} from "./factories.ts";
export type { RecordedQuery, Recording, RepeatedQuery } from "./recording.ts";
export type { SchemaSource } from "./schema-source.ts";
export type { Rows } from "./session.ts";
export type { Extensions } from "./snapshot.ts";
export {
  createTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  type TestHooks,
} from "./test-database.ts";
