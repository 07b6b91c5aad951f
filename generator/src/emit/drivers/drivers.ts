import type { TypeScriptOptions } from "../../config/options/typescript.ts";
import type { Driver } from "./driver.ts";
import { pg } from "./pg.ts";
import { postgresJs } from "./postgres-js.ts";
import { solitudeRuntime } from "./solitude-runtime.ts";

export const drivers: Readonly<Record<TypeScriptOptions["driver"], Driver>> = {
  pg,
  postgres: postgresJs,
  "@solitude/runtime": solitudeRuntime,
};
