import type { Client } from "./client";
import { names } from "./rooms";

export const listed = async (client: Client) =>
  (await names.run({ like: "shared%" }, client)).map(({ name }) => name);
