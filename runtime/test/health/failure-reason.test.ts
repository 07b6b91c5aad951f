import { ConnectionFailedError } from "../../src/errors/errors.ts";
import { failureReason } from "../../src/health/failure-reason.ts";
import { HealthCheckError } from "../../src/health/health-check.ts";

const error = (fields: object, message = "") => Object.assign(new Error(message), fields);

test.each([
  ["unreachable", error({ code: "ECONNREFUSED", errno: -111, syscall: "connect" })],
  ["unreachable", error({ code: "EPIPE", errno: -32 })],
  ["unreachable", new AggregateError([error({ code: "ECONNREFUSED" })])],
  ["unreachable", new Error("Connection terminated unexpectedly")],
  ["unreachable", error({ name: "MongoServerSelectionError" })],
  ["unreachable", error({ name: "MongoNetworkTimeoutError" })],
  ["unreachable", new ConnectionFailedError("x", { cause: error({ errno: -111 }) })],
  ["refused", error({ code: "28P01", severity: "FATAL" })],
  ["refused", error({ code: "53300", severity: "FATAL" })],
  ["refused", error({ code: "57P03", severity: "FATAL" })],
  ["refused", new ConnectionFailedError("x", { sqlState: "3D000" })],
  ["refused", error({ name: "MongoServerError", code: 18 })],
  ["read-only", error({ name: "MongoServerError", code: 10107 })],
  ["read-only", new Error("x", { cause: new HealthCheckError("read-only") })],
  ["failed", error({ code: "42P01", severity: "ERROR" })],
  ["failed", error({ name: "MongoServerError", code: 11000 })],
  ["failed", new Error("x")],
  ["failed", "x"],
  ["failed", null],
])("%s: %#", (reason, thrown) => {
  expect(failureReason(thrown)).toBe(reason);
});
