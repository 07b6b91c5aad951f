import type { PGliteLike } from "../adapters/pglite-socket.ts";
import { type Message, message, messagesOf, text } from "../adapters/protocol.ts";
import { DatabaseError } from "../errors/errors.ts";

/** What speaks the protocol with one session of a server: a PGlite, or a connection. */
export type Session = Pick<PGliteLike, "execProtocolRaw" | "runExclusive">;

/** What a statement of the tests' own gave, every value PostgreSQL's text. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Sends one or several statements, and gives the error that one of them had; null where none had. */
export async function command(session: Session, statements: string): Promise<Buffer | null> {
  const answer = await send(session, message("Q", text(statements)));
  return answer.find(({ type }) => type === "E")?.bytes ?? null;
}

/** The same where an error is not expected. */
export async function mustRun(session: Session, statements: string): Promise<void> {
  const error = await command(session, statements);
  if (error !== null) throw failed(error);
}

/** Runs one statement with values in PostgreSQL's text form. */
export async function ask(
  session: Session,
  statement: string,
  values: readonly (string | null)[] = [],
): Promise<Rows> {
  const answer = await send(session, question(statement, values));
  const error = answer.find(({ type }) => type === "E");
  if (error !== undefined) throw failed(error.bytes);
  return rowsOf(answer);
}

/** The messages that send a statement, with all values and results as text. */
export function question(statement: string, values: readonly (string | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeInt16BE(values.length);
  const bound = values.map((value) => {
    const size = Buffer.alloc(4);
    if (value === null) {
      size.writeInt32BE(-1);
      return size;
    }
    const bytes = Buffer.from(value);
    size.writeInt32BE(bytes.length);
    return Buffer.concat([size, bytes]);
  });
  return Buffer.concat([
    message("P", Buffer.concat([text(""), text(statement), Buffer.alloc(2)])),
    message("B", Buffer.concat([text(""), text(""), Buffer.alloc(2), count, ...bound, Buffer.alloc(2)])),
    message("D", Buffer.concat([Buffer.from("P"), text("")])),
    message("E", Buffer.concat([text(""), Buffer.alloc(4)])),
    message("S"),
  ]);
}

/** Reads the rows of an answer. */
export function rowsOf(answer: readonly Message[]): Rows {
  const rows: (string | null)[][] = [];
  let columns: string[] = [];
  for (const { type, body } of answer) {
    if (type === "T") columns = namesOf(body);
    else if (type === "D") rows.push(cellsOf(body));
  }
  return { columns, rows };
}

async function send(session: Session, messages: Buffer): Promise<Message[]> {
  // A copy, for it is a view of the server's memory.
  return messagesOf(Buffer.from(await session.execProtocolRaw(messages, { syncToFs: false })));
}

/** The values of a DataRow or of the parameters of a Bind, which are written alike. */
export function cellsOf(body: Buffer, from = 0): (string | null)[] {
  let at = from + 2;
  return Array.from({ length: body.readInt16BE(from) }, () => {
    const size = body.readInt32BE(at);
    at += 4;
    if (size === -1) return null;
    at += size;
    return body.toString("utf8", at - size, at);
  });
}

function namesOf(body: Buffer): string[] {
  let at = 2;
  return Array.from({ length: body.readInt16BE(0) }, () => {
    const end = body.indexOf(0, at);
    const name = body.toString("utf8", at, end);
    at = end + 1 + 18;
    return name;
  });
}

/** The server's error as ours; its fields stand one after the other, each after its letter. */
function failed(error: Buffer): DatabaseError {
  const fields = new Map(
    error
      .toString("utf8", 5)
      .split("\0")
      .map((field) => [field.slice(0, 1), field.slice(1)] as const),
  );
  return new DatabaseError(fields.get("M") ?? "the server refused it", {
    ...(fields.has("C") && { sqlState: fields.get("C")! }),
    ...(fields.has("t") && { table: fields.get("t")! }),
    ...(fields.has("c") && { column: fields.get("c")! }),
    ...(fields.has("n") && { constraint: fields.get("n")! }),
  });
}
