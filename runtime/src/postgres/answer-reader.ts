import { BaseExchange, type DriverClient, divertData } from "./driver.ts";

/**
 * Reads what statements of ours are usually answered with, in place of `pg`'s parser, which makes an object and an event of
 * each message. All else is handed to that, in whole messages and in order, so that it never waits for the rest of one.
 */
export function readAnswers(client: DriverClient): void {
  divertData(client.connection, (parse) => {
    // What was read goes into memory that is used again, and `pg` keeps views of it.
    const reader = new AnswerReader(client, (data) => parse(Buffer.from(data)));
    return (data, length) => reader.read(data, length);
  });
}

/** The messages that are read here, by their first byte. */
const TYPE = {
  parseComplete: 0x31,
  bindComplete: 0x32,
  closeComplete: 0x33,
  commandComplete: 0x43,
  dataRow: 0x44,
  readyForQuery: 0x5a,
} as const;

/** A message's type and length. */
const HEADER = 5;

/** Texts of one character, for booleans and digits. */
const CHARACTERS = Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code));

class AnswerReader {
  readonly #client: DriverClient;
  readonly #parse: (data: Buffer) => void;
  /** The beginning of a message, in pieces. */
  #pieces: Buffer[] = [];
  #length = 0;
  /** How much must be there to go on. */
  #needed = 0;

  constructor(client: DriverClient, parse: (data: Buffer) => void) {
    this.#client = client;
    this.#parse = parse;
  }

  /** @param piece what has come, and which is another's when this returns: its first `count` bytes */
  read(piece: Buffer, count: number): void {
    let data = piece;
    let length = count;
    if (this.#length > 0) {
      const joined = this.#join(piece.subarray(0, count));
      if (joined === undefined) return;
      data = joined;
      length = joined.length;
    }
    let at = 0;
    /** Where that begins which is not read here. */
    let foreign = 0;
    let needed = HEADER;
    while (length - at >= HEADER) {
      const end = at + 1 + uint32(data, at + 1);
      needed = end - at;
      if (end > length) break;
      const type = data[at];
      if (isUsual(type, end - at)) {
        // What comes before may decide whose answer this is.
        if (foreign < at) this.#parse(data.subarray(foreign, at));
        foreign = this.#take(data, type, at, end) ? end : at;
      }
      at = end;
      needed = HEADER;
    }
    if (foreign < at) this.#parse(data.subarray(foreign, at));
    if (at < length) this.#keep(data.subarray(at, length), needed);
  }

  #keep(rest: Buffer, needed: number): void {
    this.#pieces.push(Buffer.from(rest));
    this.#length += rest.length;
    this.#needed = needed;
  }

  /** @returns all that has come since the message began, once that is enough */
  #join(piece: Buffer): Buffer | undefined {
    if (this.#length + piece.length < this.#needed) {
      this.#keep(piece, this.#needed);
      return undefined;
    }
    const all = Buffer.concat([...this.#pieces, piece], this.#length + piece.length);
    this.#pieces = [];
    this.#length = 0;
    return all;
  }

  /** Reads a message. @returns whether it is an answer to us */
  #take(data: Buffer, type: number | undefined, at: number, end: number): boolean {
    const { _activeQuery: exchange, connection } = this.#client;
    if (!(exchange instanceof BaseExchange) || connection._emitMessage === true) return false;
    if (type === TYPE.dataRow) {
      const fields = readFields(data, at + HEADER, end);
      if (fields === undefined) connection.stream.destroy(new Error("the server sent a row that is cut off"));
      else exchange.handleDataRow({ fields });
    } else if (type === TYPE.commandComplete) {
      exchange.handleCommandComplete({ text: text(data, at + HEADER, end - 1) }, connection);
    } else if (type === TYPE.readyForQuery) {
      connection.emit("readyForQuery", { status: CHARACTERS[data[at + HEADER]! & 0x7f] });
    }
    return true;
  }
}

/** Tells whether it is one of those that are read here, and as long as such a one. */
function isUsual(type: number | undefined, length: number): boolean {
  switch (type) {
    case TYPE.parseComplete:
    case TYPE.bindComplete:
    case TYPE.closeComplete:
      return length === HEADER;
    case TYPE.readyForQuery:
      return length === HEADER + 1;
    case TYPE.commandComplete:
      return length > HEADER;
    case TYPE.dataRow:
      return length >= HEADER + 2;
    default:
      return false;
  }
}

/** @returns undefined where the message has no room for them; `pg` would read what stands behind it */
function readFields(data: Buffer, start: number, end: number): (string | null)[] | undefined {
  const count = (data[start]! << 8) | data[start + 1]!;
  const fields = new Array<string | null>(count);
  let at = start + 2;
  for (let i = 0; i < count; i++) {
    if (at + 4 > end) return undefined;
    const length = uint32(data, at);
    at += 4;
    if (length === NULL) {
      fields[i] = null;
      continue;
    }
    if (at + length > end) return undefined;
    fields[i] = text(data, at, at + length);
    at += length;
  }
  return fields;
}

/** The length of a value that there is none of. */
const NULL = 0xffff_ffff;

function uint32(data: Buffer, at: number): number {
  return ((data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!) >>> 0;
}

function text(data: Buffer, start: number, end: number): string {
  if (end - start === 1) return CHARACTERS[data[start]!] ?? slice(data, start, end);
  return start === end ? "" : slice(data, start, end);
}

/** What `toString` calls once it has looked its encoding up; Node, Bun and Deno have it, and do not say so. */
const { utf8Slice } = Buffer.prototype as { utf8Slice?(start: number, end: number): string };
const slice: (data: Buffer, start: number, end: number) => string =
  utf8Slice === undefined
    ? (data, start, end) => data.toString("utf8", start, end)
    : (data, start, end) => utf8Slice.call(data, start, end);
