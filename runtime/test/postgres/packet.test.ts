import type { Socket } from "node:net";
import fc from "fast-check";
import pg from "pg";
// @ts-expect-error: not in the type declarations of `pg`
import * as utils from "pg/lib/utils.js";
import { Packet } from "../../src/postgres/packet.ts";
import { Unstorable } from "../../src/postgres/storable.ts";

// What is sent is byte for byte what `pg` would send, in one piece where it sends many.

type Message =
  | { kind: "parse"; name: string; text: string }
  | { kind: "bind"; statement: string; values: unknown[]; portal: string }
  | { kind: "execute"; portal: string; rows: number }
  | { kind: "close"; of: "S" | "P"; name: string }
  | { kind: "flush" | "sync" };

const without = (text: string): string => text.replaceAll("\0", "");
const names = fc.string({ maxLength: 60, unit: "grapheme-ascii" });
const texts = fc
  .oneof(fc.string({ unit: "grapheme", maxLength: 100 }), fc.string({ minLength: 60, maxLength: 70 }))
  .map(without);
const values = fc.oneof(
  texts,
  texts.map((text) => text.repeat(2_000)),
  fc.constantFrom(
    null,
    undefined,
    0,
    -1.5,
    true,
    2n ** 63n,
    new Date(0),
    [
      ['a\\"', null],
      [1, true],
    ],
    { a: [1] },
  ),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 3 }),
);
const messages: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ kind: fc.constant("parse" as const), name: names, text: texts }),
  fc.record({
    kind: fc.constant("bind" as const),
    // Those that come again, be it with another number of values.
    statement: fc.oneof(names, fc.constantFrom("one", "another")),
    values: fc.array(values, { maxLength: 12 }),
    portal: fc.oneof(names, fc.constant("")),
  }),
  fc.record({
    kind: fc.constant("execute" as const),
    portal: fc.oneof(names, fc.constant("")),
    rows: fc.oneof(fc.nat(), fc.constant(0)),
  }),
  fc.record({
    kind: fc.constant("close" as const),
    of: fc.constantFrom("S" as const, "P" as const),
    name: names,
  }),
  fc.record({ kind: fc.constantFrom("flush" as const, "sync" as const) }),
);

/** A socket that keeps what is written to it, and looks at it only in the end. */
function openSocket() {
  const written: Buffer[] = [];
  const stream = { writable: true, write: (data: Buffer) => written.push(data) > 0 } as unknown as Socket;
  return { stream, written };
}

function addTo(packet: Packet, message: Message): void {
  if (message.kind === "parse") packet.parse(message.name, message.text);
  else if (message.kind === "bind") packet.bind(message.statement, message.values, message.portal);
  else if (message.kind === "execute") packet.execute(message.portal, message.rows);
  else if (message.kind === "close") packet.close(message.of, message.name);
  else packet[message.kind]();
}

/** What `pg` writes. */
function writtenByDriver(all: readonly Message[]): Buffer {
  const { stream, written } = openSocket();
  const connection = new pg.Connection({ stream: () => stream } as unknown as pg.ConnectionConfig);
  const driver = connection as unknown as Record<Message["kind"], (config?: unknown) => void>;
  for (const message of all) {
    if (message.kind === "close") driver.close({ type: message.of, name: message.name });
    else if (message.kind === "bind") driver.bind({ ...message, valueMapper: utils.prepareValue });
    else driver[message.kind](message);
  }
  return Buffer.concat(written);
}

test("packets, one after the other, have what `pg` would have sent", () => {
  fc.assert(
    fc.property(fc.array(fc.array(messages, { maxLength: 6 }), { maxLength: 12 }), (packets) => {
      const { stream, written } = openSocket();
      for (const all of packets) {
        const packet = new Packet();
        for (const message of all) addTo(packet, message);
        packet.send({ stream });
      }
      expect(written.length).toBe(packets.filter((all) => all.length > 0).length);
      expect(Buffer.concat(written).equals(writtenByDriver(packets.flat()))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("what makes a packet while another is being made writes elsewhere", () => {
  const { stream, written } = openSocket();
  const inner = {
    toPostgres() {
      new Packet().sync().send({ stream });
      return "inner";
    },
  };
  new Packet().bind("outer", ["before", inner, "behind"]).execute().send({ stream });
  expect(
    Buffer.concat(written).equals(
      writtenByDriver([
        { kind: "sync" },
        { kind: "bind", statement: "outer", values: ["before", "inner", "behind"], portal: "" },
        { kind: "execute", portal: "", rows: 0 },
      ]),
    ),
  ).toBe(true);
});

test.each(["\0", "long enough to be written by Node, and not by a loop of ours, \0 and more", "\ud800"])(
  "of a Bind with a value that cannot be stored nothing is sent, and what was written before is",
  (value) => {
    const { stream, written } = openSocket();
    const packet = new Packet().parse("name", "select $1, $2");
    expect(() => packet.bind("name", ["well", value])).toThrow(Unstorable);
    packet.sync().send({ stream });
    const expected = writtenByDriver([
      { kind: "parse", name: "name", text: "select $1, $2" },
      { kind: "sync" },
    ]);
    expect(Buffer.concat(written).equals(expected)).toBe(true);
  },
);

test("a socket that was closed is not written to", () => {
  const { stream, written } = openSocket();
  expect(new Packet().sync().send({ stream: { ...stream, writable: false } as Socket })).toBe(true);
  expect(written).toEqual([]);
});
