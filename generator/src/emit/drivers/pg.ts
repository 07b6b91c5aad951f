import type { Driver } from "./driver.ts";

/** Anything with `pg`'s query method. */
export const pg: Driver = {
  clientModule: null,
  types: ["Client"],
  parameter: "",
  spread: "",
  argument: "",
  streams: false,
};
