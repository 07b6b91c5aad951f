import { isIP } from "node:net";
import { type DriverClient, newConnection } from "./driver.ts";

/**
 * Asks the server, over a connection of its own, to end what `client` is running. It goes to the very address that
 * `client` is connected to (a name may stand for several servers), with TLS where `client` has it.
 * @returns whether the server has taken it and closed that connection, within `limit` milliseconds.
 * Only then can it no longer hit a later statement of the client.
 */
export function cancelRequest(client: DriverClient, limit: number): Promise<boolean> {
  const { ssl, sslNegotiation, stream } = client.connection;
  const connection = newConnection({ ssl: secured(ssl, client.host), sslNegotiation });
  return new Promise((resolve) => {
    let failed = false;
    const timer = setTimeout(() => {
      failed = true;
      connection.stream.destroy();
    }, limit);
    const send = (): void => connection.cancel(client.processID, client.secretKey);
    connection.on("connect", () => {
      if (!ssl) send();
      else if (sslNegotiation !== "direct") connection.requestSsl();
    });
    connection.on("sslconnect", send);
    connection.on("error", () => {
      failed = true;
      connection.stream.destroy();
    });
    connection.on("end", () => {
      clearTimeout(timer);
      resolve(!failed);
    });
    const isSocketFile = client.host.startsWith("/");
    if (isSocketFile) connection.connect(`${client.host}/.s.PGSQL.${client.port}`);
    else connection.connect(stream.remotePort ?? client.port, stream.remoteAddress ?? client.host);
  });
}

/** The certificate is checked against the name that the application gave, though we connect to an address. */
function secured(ssl: DriverClient["connection"]["ssl"], host: string): typeof ssl {
  if (ssl === false) return false;
  const name = isIP(host) === 0 ? { servername: host } : {};
  return { host, ...name, ...(ssl === true ? {} : ssl) };
}
