import { UniqueViolationError } from "../../src/errors/errors.ts";
import { failureAttributes } from "../../src/telemetry/failure.ts";

const coded = (fields: object) => Object.assign(new Error("x"), fields);

test.each([
  ["PostgreSQL's error", coded({ code: "42P01", severity: "ERROR" }), "42P01"],
  ["the runtime's error", new UniqueViolationError("x", { sqlState: "23505" }), "23505"],
  [
    "one wrapped twice",
    new Error("a", { cause: new Error("b", { cause: coded({ code: "57014" }) }) }),
    "57014",
  ],
  ["MongoDB's error", coded({ name: "MongoServerError", code: 112 }), "112"],
])("%s has a status code, which is its type", (_, error, code) => {
  expect(failureAttributes(error)).toEqual({ "error.type": code, "db.response.status_code": code });
});

test.each([
  ["a broken pipe, five capitals too", coded({ code: "EPIPE", errno: -32, syscall: "write" }), "EPIPE"],
  ["a refused connection", coded({ code: "ECONNREFUSED", errno: -111 }), "ECONNREFUSED"],
  [
    "all addresses of a host",
    new AggregateError([coded({ code: "ECONNREFUSED", errno: -111 })]),
    "ECONNREFUSED",
  ],
  ["an abort", new DOMException("x", "AbortError"), "AbortError"],
  ["a class", new TypeError("x"), "TypeError"],
  ["an error like any other", new Error("x"), "Error"],
  ["what is no error", "x", "_OTHER"],
  ["nothing at all", null, "_OTHER"],
])("%s has a type only", (_, error, type) => {
  expect(failureAttributes(error)).toEqual({ "error.type": type });
});

test("a cause that is its own cause ends", () => {
  const error = new Error("x");
  error.cause = error;
  expect(failureAttributes(error)).toEqual({ "error.type": "Error" });
});
