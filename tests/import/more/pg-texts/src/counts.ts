import * as texts from "./texts";

export const count = async (): Promise<string> =>
  (await texts.query("SELECT count(*) AS n FROM rooms")).rows[0].n;
