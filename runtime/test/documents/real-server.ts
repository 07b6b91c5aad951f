import { mongoServer } from "../../../tests/mongo/server.ts";
import type {
  Declarations,
  Documents,
  DocumentsConnection,
  DocumentsOptions,
} from "../../src/documents/index.ts";
import { type FixtureCollections, open } from "./fixture.ts";

export const server = await mongoServer();

/** An accessor to a database of its own on the run's server. */
export function openReal<D extends Declarations = FixtureCollections>(
  options: Partial<DocumentsOptions<D>> = {},
  connection: Partial<DocumentsConnection> = {},
): Documents<D> {
  return open(
    { url: server.url, database: server.database(), ...connection },
    // A stand-in has no validators; what needs them is tested where there are some.
    { serverChecks: server.can("validators") ? "required" : "if-supported", ...options },
  );
}
