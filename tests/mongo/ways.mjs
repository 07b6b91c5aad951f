import { startContainer } from "./container.mjs";
import { startFerretdb } from "./ferretdb.mjs";

/** How to get a server that speaks MongoDB's protocol, the best first. */
export const ways = [startContainer, startFerretdb];
