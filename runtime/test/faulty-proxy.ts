import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A connection through the proxy; what it is told holds for this one alone. */
interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** Held back while the proxy stalls, in order. */
  readonly held: (() => void)[];
  isSilent?: boolean;
}

/** Stands between a client and a server and does to their connection what networks do. */
export class FaultyProxy {
  readonly #listener: Server;
  readonly #target: URL;
  readonly #links = new Set<Link>();
  #isStalling = false;
  #bytesUntilCut = Number.POSITIVE_INFINITY;
  #watched: { text: string; act: (link: Link, pass: () => void) => void } | undefined;
  /** Milliseconds that every chunk is on its way, in both directions. */
  delay = 0;
  /** Connections accepted so far. */
  accepted = 0;
  /** What each connection so far began with. */
  readonly openings: Buffer[] = [];

  private constructor(target: URL) {
    this.#target = target;
    this.#listener = createServer((client) => this.accept(client));
  }

  /** In front of the server that `url` names. */
  static async start(url: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(new URL(url));
    await new Promise<void>((resolve) => proxy.#listener.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** The target's, through the proxy. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = "127.0.0.1";
    url.port = String((this.#listener.address() as { port: number }).port);
    return url.href;
  }

  get connections(): number {
    return this.#links.size;
  }

  /** Nothing gets through any more, though connections stay open and are still accepted. */
  stall(): void {
    this.#isStalling = true;
  }

  /** Lets through what was held back, and what comes. */
  resume(): void {
    this.#isStalling = false;
    for (const { held, isSilent } of this.#links) if (!isSilent) for (const pass of held.splice(0)) pass();
  }

  /** The connections that are there go silent for good, as behind a firewall that has forgotten them; new ones work. */
  silence(): void {
    for (const link of this.#links) link.isSilent = true;
    this.#isStalling = false;
  }

  /** Ends every connection without a goodbye (RST). */
  reset(): void {
    for (const link of this.#links) this.#cut(link);
  }

  /** Lets so many more bytes of the server's through, whatever message they end in, then ends that connection. */
  cutAfter(bytes: number): void {
    this.#bytesUntilCut = bytes;
  }

  /** Once, when the client sends this text: cuts the connection, before or after the server has got it. */
  cutAt(text: string, when: "before" | "after"): Promise<void> {
    return new Promise((resolve) => {
      this.#watched = {
        text,
        act: async (link, pass) => {
          this.#watched = undefined;
          if (when === "after") {
            link.server.removeAllListeners("data");
            pass();
            // The server's answer, which is the proof that it has done it, goes nowhere.
            await new Promise((answered) => link.server.once("data", answered));
          }
          this.#cut(link);
          resolve();
        },
      };
    });
  }

  /** Once, when the client sends this text: stalls from there on. Resolves when that has happened. */
  stallAt(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#watched = {
        text,
        act: (link, pass) => {
          this.#watched = undefined;
          this.stall();
          link.held.push(pass);
          resolve();
        },
      };
    });
  }

  async close(): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  /** Stands between this client and the server too. */
  accept(client: Socket): void {
    this.accepted++;
    client.once("data", (chunk) => this.openings.push(chunk));
    const server = connect(Number(this.#target.port), this.#target.hostname);
    const link: Link = { client, server, held: [] };
    this.#links.add(link);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true);
      from.on("data", (chunk) => this.#pass(link, from, to, chunk));
      from.on("error", () => this.#cut(link));
      from.on("end", () => this.#deliver(link, () => to.end()));
      from.on("close", () => {
        this.#links.delete(link);
        to.destroy();
      });
    }
  }

  #pass(link: Link, from: Socket, to: Socket, chunk: Buffer): void {
    const pass = (): void => {
      to.write(chunk);
    };
    if (from === link.client && this.#watched !== undefined && chunk.includes(this.#watched.text)) {
      this.#watched.act(link, pass);
    } else if (from === link.server && chunk.length > this.#bytesUntilCut) {
      to.write(chunk.subarray(0, this.#bytesUntilCut), () => this.#cut(link));
      this.#bytesUntilCut = Number.POSITIVE_INFINITY;
    } else {
      if (from === link.server) this.#bytesUntilCut -= chunk.length;
      this.#deliver(link, pass);
    }
  }

  async #deliver(link: Link, pass: () => void): Promise<void> {
    if (this.delay > 0) await delay(this.delay);
    if (this.#isStalling || link.isSilent) link.held.push(pass);
    else pass();
  }

  #cut(link: Link): void {
    this.#links.delete(link);
    for (const socket of [link.client, link.server]) {
      // Node's handle of a socket that is reset while it is shutting down is never closed, and the process spins at its end.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }
}
