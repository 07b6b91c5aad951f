/** A message of PostgreSQL's protocol, of a client or of the server. */
export interface Message {
  /** Its first byte, as a character. */
  readonly type: string;
  readonly body: Buffer;
  /** The whole of it. */
  readonly bytes: Buffer;
}

/** Cuts what was sent into its messages, which are whole. */
export function messagesOf(data: Buffer): Message[] {
  const messages: Message[] = [];
  for (let at = 0, end = 0; at < data.length; at = end) {
    end = at + 1 + data.readInt32BE(at + 1);
    messages.push({
      type: String.fromCharCode(data[at]!),
      body: data.subarray(at + 5, end),
      bytes: data.subarray(at, end),
    });
  }
  return messages;
}

export function message(type: string, body: Buffer = EMPTY): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

const EMPTY = Buffer.alloc(0);

/** A text as the protocol has it, with its end. */
export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}
