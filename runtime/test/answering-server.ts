import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

/** Answers whatever it is asked, from a thread of its own, so that it does so while the main one is stalled. */
export class AnsweringServer {
  readonly #thread: Worker;
  readonly #socket: Socket;
  /** 1 once the answer is in the socket. */
  readonly #flag: Int32Array;

  private constructor(thread: Worker, socket: Socket, flag: Int32Array) {
    this.#thread = thread;
    this.#socket = socket;
    this.#flag = flag;
  }

  static async start(): Promise<AnsweringServer> {
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const thread = new Worker(PROGRAM, { eval: true, workerData: flag });
    const [port] = (await once(thread, "message")) as [number];
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new AnsweringServer(thread, socket, flag);
  }

  /** Resolves when the answer has been read. */
  async ask(): Promise<void> {
    this.#socket.write("question");
    await once(this.#socket, "data");
  }

  /** Nothing else runs here until the answer is in the socket, and so many milliseconds have passed. */
  stallUntilAnswered(milliseconds: number): void {
    const start = performance.now();
    Atomics.wait(this.#flag, 0, 0);
    while (performance.now() - start < milliseconds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.#thread.terminate();
  }
}

const PROGRAM = `
  const { createServer } = require("node:net");
  const { parentPort, workerData } = require("node:worker_threads");
  createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.write("answer", () => {
      Atomics.store(workerData, 0, 1);
      Atomics.notify(workerData, 0);
    }));
  }).listen(0, "127.0.0.1", function () {
    parentPort.postMessage(this.address().port);
  });
`;
