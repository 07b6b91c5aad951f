import { startSecantusdb } from "../../stack/processes/secantusdb.mjs";
import { startContainer } from "./container.mjs";
import { startFerretdb } from "./ferretdb.mjs";

const all = { container: startContainer, secantusdb: startSecantusdb, ferretdb: startFerretdb };

/** How to get a server that speaks MongoDB's protocol, the best first; SOLITUDE_TEST_MONGO names the one to be taken. */
export const ways = chosen(process.env.SOLITUDE_TEST_MONGO);

function chosen(name) {
  if (name === undefined) return Object.values(all);
  if (Object.hasOwn(all, name)) return [all[name]];
  return [
    () => {
      throw new Error(`SOLITUDE_TEST_MONGO is ${name}; it can be ${Object.keys(all).join(", ")}`);
    },
  ];
}
