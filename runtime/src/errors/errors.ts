export * from "./connection-errors.ts";
export { DatabaseError, type ErrorDetails } from "./database-error.ts";
export * from "./interruption-errors.ts";
export * from "./scope-errors.ts";
export * from "./statement-errors.ts";
export * from "./transaction-errors.ts";
