import { type Disturbance, errorResponse, serverMessage } from "./scripted-server.ts";

// What a server that does not keep to the protocol may say.

export const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const bodyOf = (message: Buffer): Buffer => message.subarray(5);
const lengthened = (message: Buffer, length: number): Buffer => {
  const copy = Buffer.from(message);
  copy.writeUInt32BE(length, 1);
  return copy;
};
const ready = serverMessage("Z", Buffer.from("I"));
const ignored = Buffer.concat([
  ...Array.from({ length: 100 }, () =>
    serverMessage(
      "N",
      text("SNOTICE"),
      text("VNOTICE"),
      text("C00000"),
      text(`M${"x".repeat(200)}`),
      Buffer.from([0]),
    ),
  ),
  serverMessage("S", text("application_name"), text("another")),
  serverMessage("A", Buffer.from([0, 0, 0, 9]), text("nobody's"), text("")),
]);

/** Each gives the bytes that stand in place of a message. */
export const disturbances: Readonly<Record<string, Disturbance["disturb"]>> = {
  "what a server may say at any time, before": (message) => Buffer.concat([ignored, message]),
  "what a server may say at any time, after": (message) => Buffer.concat([message, ignored]),
  "half of it": (message) =>
    serverMessage(
      String.fromCharCode(message[0]!),
      bodyOf(message).subarray(0, Math.floor(bodyOf(message).length / 2)),
    ),
  "a byte more": (message) =>
    serverMessage(String.fromCharCode(message[0]!), bodyOf(message), Buffer.from([7])),
  "one of a kind that there is not": (message) => serverMessage("?", bodyOf(message)),
  "a length of nothing": (message) => lengthened(message, 0),
  "an endless length": (message) => lengthened(message, 0x7fff_ffff),
  "bytes of no meaning": () => Buffer.from(Array.from({ length: 64 }, (_, i) => (i * 151 + 29) & 0xff)),
  "a web server's answer": () => Buffer.from("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
  "readiness before it": (message) => Buffer.concat([ready, message]),
  "readiness after it": (message) => Buffer.concat([message, ready]),
  "it twice": (message) => Buffer.concat([message, message]),
  nothing: () => Buffer.alloc(0),
  "an error": () => errorResponse("ERROR", "XX000"),
  "an error before it": (message) => Buffer.concat([errorResponse("ERROR", "XX000"), message]),
  "an error after it": (message) => Buffer.concat([message, errorResponse("ERROR", "XX000")]),
  "a last word before it": (message) => Buffer.concat([errorResponse("FATAL", "57P01"), message]),
  "an error without an end": () => serverMessage("E", text("SERROR"), text("C22012")),
  "a setting that changes values": (message) =>
    Buffer.concat([serverMessage("S", text("DateStyle"), text("SQL, DMY")), message]),
};

/** With these all is as without them. */
export const harmless = new Set(Object.keys(disturbances).slice(0, 2));
/** Nobody can tell that one of many rows came twice or not at all, nor what a line of a COPY should have been. */
export const untellable = new Set(["it twice", "nothing", "half of it", "a byte more"]);
