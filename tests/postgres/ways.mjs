import { startBinaries } from "./binaries.mjs";
import { startContainer } from "./container.mjs";

/** How to get a PostgreSQL of a major version, the best first. */
export const ways = [startContainer, startBinaries];
