import type { Description } from "./engine.ts";

// PGlite's own reader of the protocol goes through a printed tree byte by byte, which takes longer than to print it.

/** What is answered to Parse, Describe and Sync. */
export interface DescribeAnswer extends Pick<Description, "params" | "columns"> {
  /** In the protocol's fields by their letter; null where the statement was accepted. */
  readonly error: Fields | null;
  readonly notices: readonly Fields[];
}

/** Of an error or a notice, such as `M` for the message. Each is decoded when it is asked for. */
export interface Fields {
  get(letter: string): string | undefined;
}

export function readDescribeAnswer(answer: Uint8Array): DescribeAnswer {
  const bytes = new Message(answer);
  let params: number[] = [];
  let columns: { name: string; type: number }[] = [];
  let error: Fields | null = null;
  const notices: Fields[] = [];
  for (let at = 0; at < answer.length; ) {
    const kind = answer[at]!;
    const end = at + 1 + bytes.uint32(at + 1);
    const body = new Message(answer.subarray(at + 5, end));
    if (kind === NOTICE) notices.push(readFields(body));
    else if (kind === ERROR) error ??= readFields(body);
    else if (kind === PARAMETERS) params = readParameters(body);
    else if (kind === COLUMNS) columns = readColumns(body);
    at = end;
  }
  return { params, columns, error, notices };
}

/** The body of a message, or several, read as the protocol writes numbers and texts. */
class Message {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint16(at: number): number {
    return this.#view.getUint16(at);
  }

  uint32(at: number): number {
    return this.#view.getUint32(at);
  }

  text(start: number, end: number): string {
    return DECODER.decode(this.bytes.subarray(start, end));
  }
}

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

const code = (letter: string): number => letter.charCodeAt(0);
const NOTICE = code("N");
const ERROR = code("E");
const PARAMETERS = code("t");
const COLUMNS = code("T");
/** Of a column's description, after its name: two oids, an attribute's number, a length, a modifier, a format. */
const AFTER_NAME = 18;

function readParameters(body: Message): number[] {
  return Array.from({ length: body.uint16(0) }, (_, i) => body.uint32(2 + 4 * i));
}

function readColumns(body: Message): { name: string; type: number }[] {
  let at = 2;
  return Array.from({ length: body.uint16(0) }, () => {
    const end = body.bytes.indexOf(0, at);
    const name = body.text(at, end);
    at = end + 1 + AFTER_NAME;
    // After the table's oid and the column's number.
    return { name, type: body.uint32(end + 7) };
  });
}

function readFields(body: Message): Fields {
  const { bytes } = body;
  const spans = new Map<number, readonly [number, number]>();
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const end = bytes.indexOf(0, at + 1);
    spans.set(bytes[at]!, [at + 1, end]);
    at = end + 1;
  }
  return {
    get(letter) {
      const span = spans.get(code(letter));
      return span && body.text(...span);
    },
  };
}
