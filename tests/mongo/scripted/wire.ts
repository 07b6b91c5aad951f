import { type Document, deserialize, serialize } from "bson";

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER_BYTES = 16;

export interface Request {
  readonly id: number;
  readonly command: Document;
  /** Writes the reply in the form that the request had. */
  encode(reply: Document): Buffer;
}

/** Cuts what comes from a socket into requests. */
export function createReader(onRequest: (request: Request) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const message = rest.subarray(0, rest.readInt32LE(0));
      rest = rest.subarray(message.length);
      onRequest(parse(message));
    }
  };
}

function parse(message: Buffer): Request {
  const id = message.readInt32LE(4);
  const code = message.readInt32LE(12);
  if (code === OP_QUERY) {
    const name = message.indexOf(0, HEADER_BYTES + 4);
    return {
      id,
      command: deserialize(message.subarray(name + 1 + 8)),
      encode: (reply) => frame(id, OP_REPLY, [integers(0, 0, 0, 0, 1), serialize(reply)]),
    };
  }
  if (code !== OP_MSG) throw new Error(`opcode ${code} is not spoken here`);
  return {
    id,
    command: sections(message.subarray(HEADER_BYTES + 4)),
    encode: (reply) => frame(id, OP_MSG, [integers(0), Buffer.from([0]), serialize(reply)]),
  };
}

/** One section has the command; others have the documents that were taken out of it. */
function sections(body: Buffer): Document {
  const options = { useBigInt64: true, promoteBuffers: true };
  let command: Document = {};
  const sequences: Record<string, Document[]> = {};
  for (let at = 0; at < body.length; ) {
    const kind = body[at];
    const size = body.readInt32LE(at + 1);
    const section = body.subarray(at + 1, at + 1 + size);
    if (kind === 0) {
      command = deserialize(section, options);
    } else {
      const end = section.indexOf(0, 4);
      const documents: Document[] = [];
      for (let from = end + 1; from < section.length; from += section.readInt32LE(from))
        documents.push(deserialize(section.subarray(from, from + section.readInt32LE(from)), options));
      sequences[section.subarray(4, end).toString()] = documents;
    }
    at += 1 + size;
  }
  return { ...command, ...sequences };
}

function frame(requestId: number, code: number, parts: Uint8Array[]): Buffer {
  const length = HEADER_BYTES + parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([integers(length, 0, requestId, code), ...parts]);
}

function integers(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    buffer.writeInt32LE(value, index * 4);
  });
  return buffer;
}
