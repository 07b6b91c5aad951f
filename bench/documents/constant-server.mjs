/**
 * A process that speaks MongoDB's protocol and does nothing: every find gives the one document that was upserted with that
 * id, every write is acknowledged. It stands for a server that takes no time. Sends its URL to its parent.
 */
import { createServer } from "node:net";
import { deserialize, Long, serialize } from "bson";

const documents = new Map();

function reply(command) {
  const [name] = Object.keys(command);
  switch (name) {
    case "hello":
    case "ismaster":
    case "isMaster":
      return {
        ok: 1,
        helloOk: true,
        isWritablePrimary: true,
        ismaster: true,
        maxBsonObjectSize: 16777216,
        maxMessageSizeBytes: 48000000,
        maxWriteBatchSize: 100000,
        logicalSessionTimeoutMinutes: 30,
        minWireVersion: 0,
        maxWireVersion: 21,
        readOnly: false,
      };
    case "insert":
      for (const document of command.documents)
        if (document._id === "execution/one") documents.set(document._id, document);
      return { ok: 1, n: command.documents.length };
    case "findAndModify": {
      const value = { _id: command.query._id, ...command.update.$setOnInsert, ...command.update.$set };
      documents.set(value._id, value);
      return { ok: 1, value, lastErrorObject: { n: 1, updatedExisting: false, upserted: value._id } };
    }
    case "find":
      return {
        ok: 1,
        cursor: { id: Long.ZERO, ns: "bench.c", firstBatch: [documents.get(command.filter._id)] },
      };
    case "listCollections":
      return { ok: 1, cursor: { id: Long.ZERO, ns: "bench.c", firstBatch: [] } };
    default:
      return { ok: 1 };
  }
}

function parse(message) {
  if (message.readInt32LE(12) === 2004) return deserialize(message.subarray(message.indexOf(0, 20) + 9));
  let command = {};
  for (let at = 20; at < message.length; ) {
    const size = message.readInt32LE(at + 1);
    const section = message.subarray(at + 1, at + 1 + size);
    if (message[at] === 0) command = { ...deserialize(section), ...command };
    else {
      const end = section.indexOf(0, 4);
      command[section.subarray(4, end).toString()] = [
        deserialize(section.subarray(end + 1, end + 1 + section.readInt32LE(end + 1))),
      ];
    }
    at += 1 + size;
  }
  return command;
}

function respond(message) {
  const body = serialize(reply(parse(message)));
  const query = message.readInt32LE(12) === 2004;
  const head = Buffer.alloc(query ? 36 : 21);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(message.readInt32LE(4), 8);
  head.writeInt32LE(query ? 1 : 2013, 12);
  if (query) head.writeInt32LE(1, 32);
  return Buffer.concat([head, body]);
}

const server = createServer((socket) => {
  let rest = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0);
      socket.write(respond(rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
  });
});
server.listen(0, "127.0.0.1", () =>
  process.send(`mongodb://127.0.0.1:${server.address().port}/?directConnection=true`),
);
process.on("disconnect", () => process.exit());
