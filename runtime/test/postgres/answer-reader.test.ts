import { constants } from "node:buffer";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { jest } from "@jest/globals";
import fc from "fast-check";
import pg from "pg";
import { readAnswers } from "../../src/postgres/answer-reader.ts";
import { BaseExchange, type DriverClient } from "../../src/postgres/driver.ts";

// Whatever the server sends, and wherever the network cuts it: what is heard is what `pg`'s parser alone would have said.

/** Takes down what it hears, as our exchanges do. */
class Listening extends BaseExchange {
  readonly #heard: unknown[];
  constructor(heard: unknown[]) {
    super();
    this.#heard = heard;
  }
  override submit = (): null => null;
  override handleDataRow = ({ fields }: { fields: (string | null)[] }) =>
    void this.#heard.push(["row", [...fields]]);
  override handleCommandComplete = ({ text }: { text: string }) => void this.#heard.push(["done", text]);
  override handlePortalSuspended = () => void this.#heard.push(["suspended"]);
  override handleCopyData = ({ chunk }: { chunk: Buffer }) => void this.#heard.push(["copied", `${chunk}`]);
  override handleRowDescription = () => void this.#heard.push(["described"]);
  override handleError = ({ message }: Error) => void this.#heard.push(["failed", message]);
  protected override get isAnswered(): boolean {
    return true;
  }
  protected override end = () => void this.#heard.push(["ready"]);
}

/** @param direct whether the client reads answers by itself */
function hear(pieces: readonly Buffer[], direct: boolean, exchange?: (heard: unknown[]) => unknown) {
  const heard: unknown[] = [];
  const socket = Object.assign(new EventEmitter(), { destroy() {} });
  const client = new pg.Client({
    stream: () => socket as unknown as Socket,
  }) as unknown as DriverClient & pg.Client;
  if (direct) readAnswers(client);
  const { connection } = client;
  for (const name of ["parameterStatus", "notice", "notification"])
    connection.on(name, (message) => heard.push([name, { ...message }]));
  connection.on("readyForQuery", ({ status }) => heard.push(["status", status]));
  client.on("error", ({ message }) => heard.push(["lost", message]));
  // As once it has connected, when it listens to all of them.
  (client as unknown as { _attachListeners(to: unknown): void })._attachListeners(connection);
  (client as unknown as { _connecting: boolean })._connecting = false;
  connection.attachListeners(socket as unknown as Socket);
  client.readyForQuery = false;
  const ours = () => new Listening(heard);
  client._activeQuery = ((exchange ?? ours)(heard) as DriverClient["_activeQuery"]) ?? null;
  // The next statement, as soon as the server is ready for it.
  (client as unknown as { _pulseQueryQueue(): void })._pulseQueryQueue = () => {
    client._activeQuery = ours();
    client.readyForQuery = false;
  };
  for (const piece of pieces) {
    const data = piece.length > 1_000_000 ? piece : Buffer.from(piece);
    socket.emit("data", data);
    // What our own sockets read into is used again.
    if (direct && data !== piece) data.fill(0xff);
  }
  return heard;
}

function message(type: string, ...parts: (number[] | Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
const int = (value: number, bytes = 4) => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
};
const row = (values: readonly (string | null)[]) =>
  message(
    "D",
    int(values.length, 2),
    ...values.flatMap((value) => (value === null ? [int(-1)] : [int(Buffer.byteLength(value)), value])),
  );

const texts = fc.string({ unit: "grapheme", maxLength: 300 }).map((text) => text.replaceAll("\0", ""));
/** @param width of all rows, since they may be of one answer */
const usual = (width: number) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.array(fc.option(texts), { minLength: width, maxLength: width }).map(row) },
    fc.constantFrom(message("1"), message("2"), message("3"), message("C", "SELECT 5\0"), message("C", "\0")),
    fc.constantFrom("I", "T", "E").map((status) => message("Z", status)),
  );
const rare = fc.oneof(
  texts.map((text) => message("d", text)),
  texts.map((text) => message("N", `SNOTICE\0VNOTICE\0M${text}\0\0`)),
  texts.map((text) => message("E", `SERROR\0VERROR\0C22012\0M${text}\0\0`)),
  texts.map((text) => message("S", `TimeZone\0${text}\0`)),
  texts.map((text) => message("A", int(7), `channel\0${text}\0`)),
  fc.constantFrom(message("s"), message("n"), message("I")),
  fc.constant(message("T", int(1, 2), "a\0", int(0), int(0, 2), int(25), int(-1, 2), int(-1), int(0, 2))),
);
const streams = fc
  .nat({ max: 6 })
  .chain((width) =>
    fc.tuple(
      fc.array(fc.oneof({ weight: 3, arbitrary: usual(width) }, rare), { maxLength: 30 }),
      fc.array(fc.nat()),
    ),
  )
  .map(([messages, cuts]) => cutUp(Buffer.concat(messages), cuts));

function cutUp(all: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (all.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((start, i) => all.subarray(start, places[i] ?? all.length));
}

test("answers to statements of ours", () => {
  fc.assert(fc.property(streams, (pieces) => expect(hear(pieces, true)).toEqual(hear(pieces, false))));
});

test("texts of each length, with and without characters of several bytes in each place", () => {
  const plain = Array.from({ length: 20 }, (_, length) => "0123456789abcdefghi~".slice(0, length));
  const all = plain.flatMap((text) => [
    text,
    ...Array.from(text, (_, at) => `${text.slice(0, at)}é${text.slice(at + 1)}`),
    `${text}\x7f`,
    `${text}\u0080`,
    `${text}😀`,
  ]);
  const pieces = all.flatMap((text) => [row([text]), message("C", `${text}\0`)]);
  const heard = hear([Buffer.concat(pieces)], true);
  expect(heard).toEqual(
    all.flatMap((text) => [
      ["row", [text]],
      ["done", text],
    ]),
  );
});

test("answers that are byte by byte, and many at once", () => {
  const all = Buffer.concat([
    message("2"),
    ...Array.from({ length: 500 }, (_, i) => row([`${i}`, null, "", "é", "x".repeat(i)])),
    message("C", "SELECT 500\0"),
    message("Z", "I"),
  ]);
  const whole = hear([all], true);
  expect(whole).toHaveLength(503);
  expect(whole[7]).toEqual(["row", ["7", null, "", "é", "xxxxxxx"]]);
  expect(
    hear(
      cutUp(
        all,
        Array.from({ length: 2_000 }, (_, i) => i),
      ),
      true,
    ),
  ).toEqual(whole);
});

test("what is not ours goes to `pg`'s own query, and what nobody asked for is an error of the client", () => {
  const pieces = [Buffer.concat([row(["1"]), message("C", "SELECT 1\0"), message("Z", "I")])];
  const foreign = (heard: unknown[]) => ({
    handleDataRow: (found: object) => heard.push(["foreign row", { ...found }]),
    handleCommandComplete: (found: object) => heard.push(["foreign end", { ...found }]),
    handleReadyForQuery: () => heard.push(["foreign ready"]),
  });
  expect(hear(pieces, true, foreign)).toEqual(hear(pieces, false, foreign));
  expect(hear(pieces, true, foreign)[0]).toMatchObject(["foreign row", { name: "dataRow", fieldCount: 1 }]);
  expect(hear(pieces, true, () => null)).toEqual(hear(pieces, false, () => null));
});

test("whoever listens to all messages of `pg`'s hears them", () => {
  const socket = new EventEmitter();
  const client = new pg.Client({ stream: () => socket as Socket }) as unknown as DriverClient;
  readAnswers(client);
  client.connection.attachListeners(socket as Socket);
  client._activeQuery = new Listening([]);
  const names: string[] = [];
  client.connection.on("message", ({ name }) => names.push(name));
  socket.emit("data", Buffer.concat([row(["1"]), message("C", "SELECT 1\0")]));
  expect(names).toEqual(["dataRow", "commandComplete"]);
});

test.each([
  ["whose values are missing", [int(1, 2)]],
  ["whose value is shorter than it says", [int(1, 2), int(9), "short"]],
  ["whose second value is missing", [int(2, 2), int(1), "a"]],
  ["of a length that is none", [int(1, 2), int(-2), "a"]],
])("a row %s ends the connection, and is nobody's", (_, body) => {
  const socket = Object.assign(new EventEmitter(), { destroy: jest.fn() });
  const client = new pg.Client({ stream: () => socket as unknown as Socket }) as unknown as DriverClient;
  readAnswers(client);
  client.connection.attachListeners(socket as unknown as Socket);
  const heard: unknown[] = [];
  client._activeQuery = new Listening(heard);
  client.connection.on("error", (error) => heard.push(["lost", error.message]));
  socket.emit("data", Buffer.concat([message("D", ...body), row(["next"])]));
  expect(socket.destroy).toHaveBeenCalled();
  // Nor is what follows.
  expect(heard).toEqual([["lost", "the server sent a malformed message (D)"]]);
});

test("an answer that ends with an error has no width for the next", () => {
  const failed = message("E", "SERROR\0VERROR\0C22012\0Mfailed\0\0");
  for (const pieces of [
    [row(["1"]), failed, message("Z", "I"), row(["1", "2"]), message("C", "SELECT 1\0"), message("Z", "I")],
    // Of one exchange, as a batch is.
    [row(["1"]), failed, message("Z", "T"), row([]), row([]), message("C", "SELECT 2\0"), message("Z", "T")],
  ])
    expect(hear(pieces, true)).toEqual(hear(pieces, false));
});

test("rows of one answer that differ in width end the connection; those of two may differ", () => {
  const done = message("C", "SELECT 1\0");
  const first = [row(["1", "2"]), done, row(["3"]), message("Z", "I"), row([]), row([])];
  const [, , , , , , ...last] = hear([Buffer.concat([...first, row(["4"]), row([])])], true);
  expect(last).toEqual([
    ["row", []],
    ["lost", expect.stringMatching(/different numbers of values/)],
  ]);
});

const REFUSALS =
  /different numbers of values|malformed|of a kind that there is not|does not speak|authentication|the server says/;

/** Bytes of no meaning, alone and amid messages, and messages with some of their bytes changed. */
const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => [Buffer.from(bytes)]),
  fc
    .tuple(
      streams,
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 }),
    )
    .map(([pieces, changes]) => {
      const all = Buffer.concat(pieces);
      for (const [at, byte] of changes) if (all.length > 0) all[at % all.length] = byte;
      return cutUp(all, [changes[0]![0]]);
    }),
);

test("bytes of any kind are no exception, no endless loop, and the last that is heard", () => {
  fc.assert(
    fc.property(garbage, (pieces) => {
      const heard = hear(pieces, true) as [string, string][];
      const refused = heard.findIndex(([what, why]) => what === "lost" && REFUSALS.test(why));
      if (refused !== -1) expect(heard).toHaveLength(refused + 1);
    }),
    { numRuns: 2_000 },
  );
});

test("a value longer than a text can be ends the connection, and not the process", () => {
  const length = constants.MAX_STRING_LENGTH + 1;
  // Of zeros, for which the system need not have memory.
  const bytes = Buffer.alloc(5 + 2 + 4 + length);
  bytes[0] = "D".charCodeAt(0);
  bytes.writeUInt32BE(bytes.length - 1, 1);
  bytes.writeUInt16BE(1, 5);
  bytes.writeUInt32BE(length, 7);
  expect(hear([bytes], true)).toEqual([["lost", expect.stringMatching(/longer than a text can be/)]]);
});
