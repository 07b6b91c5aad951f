import { BaseExchange, type DriverClient, divertData, divertDataLater, heedTag, refuse } from "./driver.ts";
import { faultOf, malformed, ProtocolError, plainRefusal, wrongLength } from "./message-check.ts";

/**
 * Reads what statements of ours are usually answered with, in place of `pg`'s parser, which makes an object and an event of
 * each message. All else is handed to that, in whole messages and in order, so that it never waits for the rest of one, and
 * well-formed ones alone. After one that is not, the connection is given up.
 */
export function readAnswers(client: DriverClient): void {
  divertData(client.connection, (parse) => {
    // What was read goes into memory that is used again, and `pg` keeps views of it.
    const reader = new AnswerReader(client, (data) => parse(Buffer.from(data)));
    return (data, length) => reader.read(data, length);
  });
}

/**
 * The same for a client that the application has connected, and goes on to use: its own statements are answered as ever, by
 * `pg`'s parser, and a server that does not keep to the protocol loses the connection instead of ending the process.
 */
export function readAnswersLater(client: DriverClient): void {
  divertDataLater(client.connection, (parse) => {
    const reader = new AnswerReader(client, parse, false);
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
  error: 0x45,
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
  #isFirst: boolean;
  #isRefused = false;
  /** How many values each row of the answer has, once its first has come. */
  #width: number | undefined;

  /** @param isFirst whether nothing was read from the connection before */
  constructor(client: DriverClient, parse: (data: Buffer) => void, isFirst = true) {
    this.#client = client;
    this.#parse = parse;
    this.#isFirst = isFirst;
  }

  /** @param piece what has come, and which is another's when this returns: its first `count` bytes */
  read(piece: Buffer, count: number): void {
    if (this.#isRefused) return;
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
      const size = uint32(data, at + 1);
      const end = at + 1 + size;
      needed = end - at;
      const type = data[at];
      const wrong =
        (this.#isFirst && plainRefusal(data.subarray(at, length), type, size)) || wrongLength(size);
      if (wrong) {
        this.#refuse(wrong, data.subarray(foreign, at));
        return;
      }
      if (end > length) break;
      this.#isFirst = false;
      // It ends an answer, whoever hears of it.
      if (type === TYPE.error) this.#width = undefined;
      if (isUsual(data, type, end - at, end)) {
        // What comes before may decide whose answer this is.
        if (foreign < at) this.#parse(data.subarray(foreign, at));
        foreign = this.#take(data, type, at, end) ? end : at;
        if (this.#isRefused) return;
      }
      if (foreign <= at) {
        const fault = faultOf(data, type, at + HEADER, end);
        if (fault !== undefined) {
          this.#refuse(fault, data.subarray(foreign, at));
          return;
        }
      }
      at = end;
      needed = HEADER;
    }
    if (foreign < at) this.#parse(data.subarray(foreign, at));
    if (at < length) this.#keep(data.subarray(at, length), needed);
  }

  #readFields(data: Buffer, start: number, end: number): (string | null)[] | undefined {
    let fields: (string | null)[] | undefined;
    try {
      fields = readFields(data, start, end);
    } catch {
      this.#refuse(new ProtocolError("the server sent a value that is longer than a text can be here"));
      return undefined;
    }
    if (fields === undefined) {
      this.#refuse(malformed("D"));
      return undefined;
    }
    this.#width ??= fields.length;
    if (fields.length === this.#width) return fields;
    this.#refuse(new ProtocolError("the server sent rows of one answer with different numbers of values"));
    return undefined;
  }

  /** @param before what was sent before, and is well-formed */
  #refuse(why: ProtocolError, before?: Buffer): void {
    if (before !== undefined && before.length > 0) this.#parse(before);
    this.#isRefused = true;
    refuse(this.#client.connection, why);
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
      const fields = this.#readFields(data, at + HEADER, end);
      if (fields !== undefined) exchange.handleDataRow({ fields, length: end - at });
    } else if (type === TYPE.commandComplete) {
      this.#width = undefined;
      const tag = text(data, at + HEADER, end - 1);
      heedTag(this.#client, tag);
      exchange.handleCommandComplete({ text: tag }, connection);
    } else if (type === TYPE.readyForQuery) {
      this.#width = undefined;
      connection.emit("readyForQuery", { status: CHARACTERS[data[at + HEADER]!] });
    }
    return true;
  }
}

/** Tells whether it is one of those that are read here, and as long as such a one. */
function isUsual(data: Buffer, type: number | undefined, length: number, end: number): boolean {
  switch (type) {
    case TYPE.parseComplete:
    case TYPE.bindComplete:
    case TYPE.closeComplete:
      return length === HEADER;
    case TYPE.readyForQuery:
      return length === HEADER + 1 && isStatus(data[end - 1]);
    case TYPE.commandComplete:
      return length > HEADER && data[end - 1] === 0;
    case TYPE.dataRow:
      return length >= HEADER + 2;
    default:
      return false;
  }
}

/** Outside a transaction, in one, or in one that has failed. */
function isStatus(status: number | undefined): boolean {
  return status === 0x49 || status === 0x54 || status === 0x45;
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
  return at === end ? fields : undefined;
}

/** The length of a value that there is none of. */
const NULL = 0xffff_ffff;

function uint32(data: Buffer, at: number): number {
  return ((data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!) >>> 0;
}

function text(data: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length > SHORT) return slice(data, start, end);
  let bits = 0;
  for (let i = start; i < end; i++) bits |= data[i]!;
  return bits > 0x7f ? slice(data, start, end) : ascii(data, start, length);
}

/** Bytes up to which a text is made here, for which asking Node takes three times as long: numbers, command tags, short words. */
const SHORT = 8;

/** Makes a text of ASCII that is no longer than SHORT. */
function ascii(d: Buffer, at: number, length: number): string {
  const of = String.fromCharCode;
  switch (length) {
    case 0:
      return "";
    case 1:
      return CHARACTERS[d[at]!]!;
    case 2:
      return of(d[at]!, d[at + 1]!);
    case 3:
      return of(d[at]!, d[at + 1]!, d[at + 2]!);
    case 4:
      return of(d[at]!, d[at + 1]!, d[at + 2]!, d[at + 3]!);
    case 5:
      return of(d[at]!, d[at + 1]!, d[at + 2]!, d[at + 3]!, d[at + 4]!);
    case 6:
      return of(d[at]!, d[at + 1]!, d[at + 2]!, d[at + 3]!, d[at + 4]!, d[at + 5]!);
    case 7:
      return of(d[at]!, d[at + 1]!, d[at + 2]!, d[at + 3]!, d[at + 4]!, d[at + 5]!, d[at + 6]!);
    default:
      return of(d[at]!, d[at + 1]!, d[at + 2]!, d[at + 3]!, d[at + 4]!, d[at + 5]!, d[at + 6]!, d[at + 7]!);
  }
}

/** What `toString` calls once it has looked its encoding up; Node, Bun and Deno have it, and do not say so. */
const { utf8Slice } = Buffer.prototype as { utf8Slice?(start: number, end: number): string };
const slice: (data: Buffer, start: number, end: number) => string =
  utf8Slice === undefined
    ? (data, start, end) => data.toString("utf8", start, end)
    : (data, start, end) => utf8Slice.call(data, start, end);
