import { type DriverConnection, refuse } from "./driver.ts";

/** What shows that who has the password's proof is who the TLS connection leads to. */
const BOUND = "SCRAM-SHA-256-PLUS";

/**
 * Gives a connection up whose server wants to be believed without channel binding, as libpq does with `channel_binding=require`: before
 * a password, or anything made of it, is sent. For a connection that has not begun, so that this hears of each message before `pg`.
 */
export function requireChannelBinding(connection: DriverConnection): void {
  let isBound = false;
  const refuseTo = (what: string) => (): void => {
    refuse(connection, `channel binding is required, and the server ${what}`);
  };
  connection.on("authenticationCleartextPassword", refuseTo("asks for the password itself"));
  connection.on("authenticationMD5Password", refuseTo("asks for a hash of the password"));
  connection.on("authenticationSASL", ({ mechanisms }: { readonly mechanisms: readonly string[] }) => {
    if (!mechanisms.includes(BOUND)) refuseTo(`offers ${mechanisms.join(", ")} alone`)();
  });
  // `pg` looks at the server's signature then, and ends the connection where that is wrong.
  connection.on("authenticationSASLFinal", () => {
    isBound = true;
  });
  connection.on("authenticationOk", () => {
    if (!isBound) refuseTo("lets in without it")();
  });
}
