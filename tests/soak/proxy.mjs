import { connect, createServer } from "node:net";

/** Stands between clients and a server, and does to connections what networks do. Bytes stay in order. */
export class HarmfulProxy {
  #target;
  #listener;
  /** @type {Set<Link>} */
  links = new Set();
  /** What becomes of new connections: "pass", "refuse" (reset), or "silent". */
  mode = "pass";
  /** Milliseconds that each piece may take, at random. */
  delay = 0;
  /** Bytes at most in a piece; 0: as they come. */
  drip = 0;

  constructor(target) {
    this.#target = target;
  }

  async start() {
    this.#listener = createServer((client) => this.#accept(client));
    await new Promise((resolve) => this.#listener.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get port() {
    return this.#listener.address().port;
  }

  /** Lets everything through again. */
  calm() {
    this.mode = "pass";
    this.delay = 0;
    this.drip = 0;
  }

  async close() {
    for (const link of this.links) link.reset();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(client) {
    client.on("error", () => {});
    if (this.mode === "refuse") client.resetAndDestroy();
    else new Link(this, client, this.#target, this.mode === "silent");
  }
}

/** A connection through the proxy. */
class Link {
  #proxy;
  #client;
  #server;
  isSilent;
  /** Bytes of the server's until it is reset, in the middle of a message or not. */
  bytesLeft = Number.POSITIVE_INFINITY;

  constructor(proxy, client, target, isSilent) {
    this.#proxy = proxy;
    this.#client = client;
    this.isSilent = isSilent;
    this.#server = connect(target, "127.0.0.1");
    proxy.links.add(this);
    this.#carry(client, this.#server, false);
    this.#carry(this.#server, client, true);
  }

  /** Whether the client has not closed it. */
  get isOpen() {
    return !this.#client.closed;
  }

  /** RST */
  reset() {
    this.#proxy.links.delete(this);
    for (const socket of [this.#client, this.#server]) {
      // One that is shutting down already would leave its handle behind.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  /** FIN */
  end() {
    this.#proxy.links.delete(this);
    for (const socket of [this.#client, this.#server]) socket.destroy();
  }

  #carry(from, to, isServers) {
    let last = Promise.resolve();
    const then = (what) => {
      last = last.then(what);
    };
    from.setNoDelay(true);
    from.on("error", () => this.reset());
    from.on("close", () => {
      // Of a silent one the other side hears nothing.
      if (this.isSilent) return;
      this.#proxy.links.delete(this);
      then(() => to.destroy());
    });
    from.on("data", (chunk) => {
      const { delay, drip } = this.#proxy;
      const size = drip === 0 ? chunk.length : drip;
      for (let at = 0; at < chunk.length; at += size) {
        const piece = chunk.subarray(at, at + size);
        if (delay > 0) then(() => new Promise((resolve) => setTimeout(resolve, Math.random() * delay)));
        then(() => this.#pass(piece, to, isServers));
      }
    });
  }

  #pass(piece, to, isServers) {
    if (this.isSilent || to.destroyed) return;
    if (isServers && piece.length > this.bytesLeft) {
      to.write(piece.subarray(0, this.bytesLeft), () => this.reset());
      this.bytesLeft = 0;
      return;
    }
    if (isServers) this.bytesLeft -= piece.length;
    to.write(piece);
  }
}
