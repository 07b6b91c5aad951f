// What bundlers for browsers take in place of index.ts: all that works without a server, so that an application can share
// errors, ids and the lists of enums with its pages; and of the rest the names.
export { batch } from "./batch.ts";
export * from "./errors/errors.ts";
export { HealthCheckError } from "./health/health-check.ts";
export { InvalidIdError, jobId, workspaceId } from "./ids.ts";
export { promisedRow } from "./promised-row.ts";
export { readRows } from "./read-rows.ts";
export { rawText } from "./statement.ts";
export { noTelemetry } from "./telemetry/telemetry.ts";

function needsServer(name: string): () => never {
  return () => {
    throw new TypeError(`${name} of @solitude/runtime needs a server: this bundle was made for a browser`);
  };
}

export const createDatabase = /* @__PURE__ */ needsServer("createDatabase");
export const createHealth = /* @__PURE__ */ needsServer("createHealth");
export const createListener = /* @__PURE__ */ needsServer("createListener");
export const createPool = /* @__PURE__ */ needsServer("createPool");
export const createScopedDatabase = /* @__PURE__ */ needsServer("createScopedDatabase");
export const createTelemetry = /* @__PURE__ */ needsServer("createTelemetry");
export const fromPg = /* @__PURE__ */ needsServer("fromPg");
export const fromPGlite = /* @__PURE__ */ needsServer("fromPGlite");
export const resetSession = /* @__PURE__ */ needsServer("resetSession");
export const withDeadline = /* @__PURE__ */ needsServer("withDeadline");
export const healthFetch = /* @__PURE__ */ needsServer("healthFetch");
export const healthHandler = /* @__PURE__ */ needsServer("healthHandler");
export const postgresCheck = /* @__PURE__ */ needsServer("postgresCheck");
