import { connect, createServer } from "node:net";

/** Stands between clients and a server, as a network would: everything arrives `delay` milliseconds later. */
export function startProxy(url, delay) {
  const { hostname, port } = new URL(url);
  const sockets = new Set();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (data) => setTimeout(() => to.writable && to.write(data), delay));
      from.on("close", () => to.destroy());
      from.on("error", () => {});
    }
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const proxied = new URL(url);
      proxied.port = String(server.address().port);
      const stop = () => {
        for (const socket of sockets) socket.destroy();
        server.close();
      };
      resolve({ url: proxied.href, stop });
    });
  });
}
