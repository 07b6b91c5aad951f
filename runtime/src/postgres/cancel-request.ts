import { isIP } from "node:net";
import { type DriverClient, divertData, newConnection } from "./driver.ts";
import type { Interrupt } from "./interrupt.ts";

/**
 * Asks the server, over a connection of its own, to end what `client` is running. It goes to the very address that
 * `client` is connected to (a name may stand for several servers), with TLS where `client` has it.
 * @returns whether the server has taken it and closed that connection before `limit` fired.
 * Only then can it no longer hit a later statement of the client.
 */
export function cancelRequest(client: DriverClient, limit: Interrupt): Promise<boolean> {
  // A server that has given no key is told of none.
  if (client.processID === null) return Promise.resolve(true);
  const { ssl, sslNegotiation, stream } = client.connection;
  if (limit.fired) return Promise.resolve(false);
  const connection = newConnection({ ssl: secured(ssl, client.host), sslNegotiation });
  // Nothing is to come but the end.
  divertData(connection, () => () => {});
  return new Promise((resolve) => {
    const finish = (isCertain: boolean): void => {
      ignoreLimit();
      connection.stream.destroy();
      resolve(isCertain);
    };
    const ignoreLimit = limit.onFire(() => finish(false));
    const send = (): void => connection.cancel(client.processID, client.secretKey);
    connection.on("connect", () => {
      if (!ssl) send();
      else if (sslNegotiation !== "direct") connection.requestSsl();
    });
    connection.on("sslconnect", send);
    connection.on("error", () => finish(false));
    connection.on("end", () => finish(true));
    const isSocketFile = client.host.startsWith("/");
    try {
      if (isSocketFile) connection.connect(`${client.host}/.s.PGSQL.${client.port}`);
      else connection.connect(stream.remotePort ?? client.port, stream.remoteAddress ?? client.host);
    } catch {
      finish(false);
    }
  });
}

/** The certificate is checked against the name that the application gave, though we connect to an address. */
function secured(ssl: DriverClient["connection"]["ssl"], host: string): typeof ssl {
  if (ssl === false) return false;
  const name = isIP(host) === 0 ? { servername: host } : {};
  return { host, ...name, ...(ssl === true ? {} : ssl) };
}
