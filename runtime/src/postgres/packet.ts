import type { DriverConnection } from "./driver.ts";
import { writeValue } from "./storable.ts";

/** The messages that are written here, by their first byte. */
const TYPE = {
  query: 0x51,
  parse: 0x50,
  bind: 0x42,
  execute: 0x45,
  close: 0x43,
  flush: 0x48,
  sync: 0x53,
} as const;

/** Memory for many packets, one behind the other: none is written twice, for the socket may yet have to send it. */
const SLAB = 16_384;

/** Characters up to which a loop is quicker than asking Node to write them. */
const SHORT = 64;

/** The beginnings of Binds, by the names of the statements, which are those of generated code. */
const heads = new Map<string, { readonly count: number; readonly bytes: Uint8Array }>();
const HEADS = 10_000;

/** An Execute of all rows of the portal without a name. */
const EXECUTE = Uint8Array.of(TYPE.execute, 0, 0, 0, 9, 0, 0, 0, 0, 0);

/** One format for the values of all columns: text. */
const ALL_AS_TEXT = 0x0001_0000;

/** What is left of a slab; none while a packet is being written to it. */
let spare: { readonly bytes: Buffer; readonly start: number } | undefined;

/**
 * What is sent at one go, as one piece: messages to the server. `pg` would make a buffer and a write of each.
 * It is written and sent within one turn of the event loop.
 */
export class Packet {
  #bytes: Buffer;
  #start: number;
  /** Where the next byte goes. */
  #at: number;
  /** How much of it is executed, each of which the server answers. */
  executed = 0;
  /** How much of that ends the transaction behind the rest. */
  endings = 0;

  constructor() {
    const { bytes, start } = spare ?? { bytes: Buffer.allocUnsafeSlow(SLAB), start: 0 };
    spare = undefined;
    this.#bytes = bytes;
    this.#start = start;
    this.#at = start;
  }

  /** Writes a command of the simple protocol, which needs no Sync. */
  query(text: string): this {
    const from = this.#begin(TYPE.query);
    this.#string(text);
    return this.#end(from);
  }

  parse(name: string, text: string): this {
    const from = this.#begin(TYPE.parse);
    this.#string(name);
    this.#string(text);
    // The types are the server's to find.
    this.#int16(0);
    return this.#end(from);
  }

  /** @throws Unstorable; then nothing of it is sent */
  bind(statement: string, values: readonly unknown[], portal = ""): this {
    const from = this.#at;
    const count = values.length;
    this.#bindHead(statement, count, portal);
    const formats = this.#at - 2 - 2 * count;
    try {
      for (let i = 0; i < count; i++) if (this.#value(values[i], i)) this.#bytes[formats + 2 * i + 1] = 1;
    } catch (error) {
      this.#at = from;
      throw error;
    }
    // Every column's value as text.
    this.#int32(ALL_AS_TEXT);
    return this.#end(from);
  }

  /** Writes the beginning of a Bind, up to the first value; that of a prepared statement as it was the last time. */
  #bindHead(statement: string, count: number, portal: string): void {
    const isKept = statement !== "" && portal === "";
    const known = isKept ? heads.get(statement) : undefined;
    if (known !== undefined && known.count === count) {
      this.#room(known.bytes.length);
      this.#bytes.set(known.bytes, this.#at);
      this.#at += known.bytes.length;
      return;
    }
    const from = this.#begin(TYPE.bind);
    this.#string(portal);
    this.#string(statement);
    this.#int16(count);
    // Text, until one is bytes.
    for (let i = 0; i < count; i++) this.#int16(0);
    this.#int16(count);
    if (!isKept) return;
    if (heads.size >= HEADS) heads.clear();
    heads.set(statement, { count, bytes: Uint8Array.from(this.#bytes.subarray(from, this.#at)) });
  }

  /** @param rows at most, then the portal is suspended; 0: all */
  execute(portal = "", rows = 0): this {
    this.executed++;
    if (portal === "" && rows === 0) {
      this.#room(EXECUTE.length);
      for (let i = 0; i < EXECUTE.length; i++) this.#bytes[this.#at + i] = EXECUTE[i]!;
      this.#at += EXECUTE.length;
      return this;
    }
    const from = this.#begin(TYPE.execute);
    this.#string(portal);
    this.#int32(rows);
    return this.#end(from);
  }

  /** Writes a COMMIT behind what is executed: where that fails, the server skips it. */
  commit(): this {
    this.parse("", "commit").bind("", []).execute();
    this.endings++;
    return this;
  }

  /** @param kind of a prepared statement, or a portal */
  close(kind: "S" | "P", name: string): this {
    const from = this.#begin(TYPE.close);
    this.#room(1);
    this.#bytes[this.#at++] = kind.charCodeAt(0);
    this.#string(name);
    return this.#end(from);
  }

  flush(): this {
    return this.#end(this.#begin(TYPE.flush));
  }

  sync(): this {
    return this.#end(this.#begin(TYPE.sync));
  }

  /** @returns whether the socket wants more at once */
  send({ stream }: Pick<DriverConnection, "stream">): boolean {
    const packet = this.#bytes.subarray(this.#start, this.#at);
    spare = this.#at + SHORT < this.#bytes.length ? { bytes: this.#bytes, start: this.#at } : undefined;
    this.#start = this.#at;
    return packet.length === 0 || !stream.writable || stream.write(packet);
  }

  /** @returns where it begins */
  #begin(type: number): number {
    this.#room(5);
    const from = this.#at;
    this.#bytes[from] = type;
    this.#at = from + 5;
    return from;
  }

  /** Writes the length, which is the type's no part. */
  #end(from: number): this {
    writeInt32(this.#bytes, from + 1, this.#at - from - 1);
    return this;
  }

  /** Makes sure of room for so many bytes; what was written stays in its place. */
  #room(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#at + size));
    this.#bytes.copy(larger, this.#start, this.#start, this.#at);
    this.#bytes = larger;
  }

  #int16(value: number): void {
    this.#room(2);
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value & 0xff;
  }

  #int32(value: number): void {
    this.#room(4);
    writeInt32(this.#bytes, this.#at, value);
    this.#at += 4;
  }

  /** One that ends with a zero, so that it must have none. */
  #string(text: string): void {
    if (!this.#ascii(text)) this.#utf8(text);
    this.#room(1);
    this.#bytes[this.#at++] = 0;
  }

  /** @returns whether it is sent as bytes, and not as text */
  #value(value: unknown, place: number): boolean {
    const length = this.#at;
    this.#int32(NULL);
    if (typeof value === "string" && this.#ascii(value)) {
      writeInt32(this.#bytes, length, this.#at - length - 4);
      return false;
    }
    const written = writeValue(value, place);
    if (written === null) return false;
    if (typeof written === "string") this.#utf8(written);
    else {
      this.#room(written.length);
      this.#at += written.copy(this.#bytes, this.#at);
    }
    writeInt32(this.#bytes, length, this.#at - length - 4);
    return typeof written !== "string";
  }

  /** Writes a short text of ASCII, without zeros. @returns whether it is one; else nothing was written */
  #ascii(text: string): boolean {
    const { length } = text;
    if (length > SHORT) return false;
    this.#room(length);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0 || code > 0x7f) return false;
      bytes[at + i] = code;
    }
    this.#at = at + length;
    return true;
  }

  #utf8(text: string): void {
    this.#room(Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at);
  }
}

/** The length of a value that there is none of. */
const NULL = 0xffff_ffff;

function writeInt32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = (value >>> 16) & 0xff;
  bytes[at + 2] = (value >>> 8) & 0xff;
  bytes[at + 3] = value & 0xff;
}
