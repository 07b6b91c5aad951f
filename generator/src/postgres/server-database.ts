import type { Diagnostic } from "../model/diagnostic.ts";
import type { SchemaFile } from "../model/source.ts";
import type { Engine } from "./engine.ts";

/** A server that analyses. */
export interface ServerDatabase extends Engine {
  /** Applies a schema to it, as far as it is to be applied there. */
  withSchema(
    files: readonly SchemaFile[],
    apply: (engine: Engine, files: readonly SchemaFile[]) => Promise<readonly Diagnostic[]>,
  ): Promise<readonly Diagnostic[]>;
}
