import { mongoServer } from "../../../tests/mongo/server.ts";
import type {
  Declarations,
  Documents,
  DocumentsConnection,
  DocumentsOptions,
} from "../../src/documents/index.ts";
import { type FixtureCollections, open } from "./fixture.ts";

export const server = await mongoServer();

/** Of a machine that is busy: the driver's monitor counts its heartbeats by the first, and ends all connections when one is late. */
const PATIENT = { connectTimeout: 60_000, serverSelectionTimeout: 60_000, socketTimeout: 300_000 };

/** An accessor to a database of its own on the run's server. */
export function openReal<D extends Declarations = FixtureCollections>(
  options: Partial<DocumentsOptions<D>> = {},
  connection: Partial<DocumentsConnection> = {},
): Documents<D> {
  return open(
    { ...PATIENT, url: server.url, database: server.database(), ...connection },
    // A stand-in has no validators; what needs them is tested where there are some.
    { serverChecks: server.can("validators") ? "required" : "if-supported", ...options },
  );
}
