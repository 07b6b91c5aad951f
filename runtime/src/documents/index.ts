export * from "../errors/errors.ts";
export { InvalidIdError, type JobId, jobId, type WorkspaceId, workspaceId } from "../ids.ts";
export type { QueryOptions } from "../statement.ts";
export { type BulkItem, type BulkOptions, type BulkOutcome, NotAttemptedError } from "./bulk.ts";
export type { DocumentCollection } from "./collection.ts";
export type { DocumentsConnection } from "./connection.ts";
export type { CopiedWorkspace } from "./copy.ts";
export {
  type Comparable,
  type DataOf,
  type Declaration,
  type DeclarationOptions,
  type Declarations,
  type DocumentPath,
  defineCollection,
  type EncryptedOf,
  type IndexDeclaration,
  type InputOf,
  type Migration,
  type QueryableOf,
  type StoredDocument,
} from "./declaration.ts";
export { createDocuments, type Documents, type DocumentsOptions } from "./documents.ts";
export * from "./errors.ts";
export type { KeyProvider, WrappedKey } from "./field-encryption.ts";
export { type Filter, type GenericFilter, genericFilter } from "./filter.ts";
export {
  createJobDelivery,
  type FirstDocuments,
  firstDocuments,
  type JobDelivery,
  type JobDeliveryOptions,
  type JobDocumentChange,
  type JobDocumentOutbox,
  type PayloadFileOfJob,
  type PayloadSweep,
} from "./job-delivery.ts";
export {
  type ExportOptions,
  type ImportOutcome,
  type JobExport,
  openExport,
  type RefusedImport,
} from "./job-export.ts";
export { type Json, json } from "./json.ts";
export { createLayout, type Layout, type LayoutName, type Place, type Scope } from "./layout.ts";
export type { DropWorkspaceOptions } from "./lifecycle.ts";
export { type LocalKeysOptions, localKeys } from "./local-keys.ts";
export { type MongodbCheckOptions, mongodbCheck } from "./mongodb-check.ts";
export type { Page, PageOptions } from "./page.ts";
export {
  type FoundPayload,
  PayloadCorruptError,
  type PayloadInfo,
  type PayloadOptions,
  type PayloadSource,
  type ReadPayloadOptions,
} from "./payload.ts";
export {
  type PayloadFile,
  type StorePayloadOptions,
  storePayload,
  type WorkspaceFiles,
} from "./payload-files.ts";
export type { Payloads } from "./payloads.ts";
export { type Quota, QuotaExceededError, type Usage } from "./quota.ts";
export type { FindOptions, Found, Sort } from "./reads.ts";
export type { Retention } from "./retention.ts";
export type { Collections, JobScope, WorkspaceScope } from "./scopes.ts";
export type { AppliedChange, PlannedChange } from "./settle.ts";
export {
  activities,
  contexts,
  encryptedSolitudeCollections,
  executions,
  integrations,
  solitudeCollections,
} from "./solitude.ts";
export { isReadable, type RawDocument, UnreadableDocument, type UnreadableError } from "./unreadable.ts";
export type { Change, WatchOptions } from "./watch.ts";
export type { InsertOptions, UpdateOptions, WriteOptions } from "./writes.ts";
