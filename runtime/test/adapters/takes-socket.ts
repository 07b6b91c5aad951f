import { Readable } from "node:stream";
import type pg from "pg";

/**
 * A COPY … TO of hand-written code, which reads the socket itself, as pg-copy-streams does: it takes the one listener away that there must
 * be, reads from the stream, and puts it back with what it has read too far.
 */
export class SocketTaker extends Readable {
  readonly #text: string;
  #connection: { stream: Readable; query(text: string): void } | undefined;
  #parse: ((data: Buffer) => void) | undefined;
  #input = Buffer.alloc(0);
  readonly #look = (): void => this.#forward();

  constructor(text: string) {
    super();
    this.#text = text;
  }

  /** For a client of `pg`'s. */
  get submittable(): pg.Submittable {
    return this as unknown as pg.Submittable;
  }

  submit(connection: { stream: Readable; query(text: string): void }): void {
    const { stream } = connection;
    const [parse, ...others] = stream.listeners("data") as ((data: Buffer) => void)[];
    if (parse === undefined || others.length > 0) throw new Error(`${others.length + 1} listeners`);
    this.#connection = connection;
    this.#parse = parse;
    stream.removeListener("data", parse);
    stream.pause();
    stream.on("readable", this.#look);
    connection.query(this.#text);
  }

  handleError(error: Error): void {
    this.destroy(error);
  }
  handleCommandComplete(): void {}
  handleReadyForQuery(): void {
    this.push(null);
  }

  override _read(): void {
    this.#forward();
  }

  #forward(): void {
    const { stream } = this.#connection ?? {};
    for (let chunk: Buffer | null; stream !== undefined; ) {
      chunk = stream.read() as Buffer | null;
      if (chunk === null) return;
      this.#input = Buffer.concat([this.#input, chunk]);
      while (this.#input.length >= 5) {
        const type = String.fromCharCode(this.#input[0]!);
        const end = 1 + this.#input.readInt32BE(1);
        // Neither CopyOutResponse nor CopyData nor CopyDone, and what follows is for who reads otherwise.
        if (!"Hdc".includes(type)) {
          this.#leave(stream);
          return;
        }
        if (this.#input.length < end) break;
        if (type === "d") this.push(this.#input.subarray(5, end));
        this.#input = this.#input.subarray(end);
      }
    }
  }

  #leave(stream: Readable): void {
    this.#connection = undefined;
    stream.removeListener("readable", this.#look);
    stream.on("data", this.#parse!);
    this.#parse!(this.#input);
    process.nextTick(() => stream.resume());
  }
}
