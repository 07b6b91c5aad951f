// The parts of the codec module, as generated code has them in one.
export * from "../../src/emit/support/bytes.ts";
export * from "../../src/emit/support/codec.ts";
export * from "../../src/emit/support/containers.ts";
export * from "../../src/emit/support/json.ts";
export * from "../../src/emit/support/times.ts";
