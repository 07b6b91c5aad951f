/** PostgreSQL's longest message, about: whatever says that it is longer is none. */
const LONGEST = 0x4000_0000;
/** An error at the start that seems to be longer is a text without a length; libpq has the same bound. */
const LONGEST_REFUSAL = 30_000;

/** Authentications that `pg` has not; asked for one, it would throw where nobody can catch that. */
const AUTHENTICATIONS: Readonly<Record<number, string>> = {
  2: "Kerberos V5",
  6: "SCM credentials",
  7: "GSSAPI",
  9: "SSPI",
};
/** Those that it has: none, a password as it is, MD5, and the three messages of SASL. */
const KNOWN_AUTHENTICATIONS = new Set([0, 3, 5, 10, 11, 12]);

/** A server that does not keep to the protocol, so that nothing that it says from then on can be told to be an answer. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** Whether it may be otherwise a moment later. */
  readonly isPassing: boolean;

  constructor(message: string, isPassing = false) {
    super(message);
    this.isPassing = isPassing;
  }
}

/** Says what speaks against a message's length, or undefined. */
export function wrongLength(length: number): ProtocolError | undefined {
  return length < 4 || length > LONGEST
    ? new ProtocolError("what answers does not speak PostgreSQL's protocol")
    : undefined;
}

/**
 * The refusal of a server that could not start a process for the connection: it has neither a length nor a SQLSTATE.
 * @param data begins with the first message that the server has sent
 */
export function plainRefusal(
  data: Buffer,
  type: number | undefined,
  length: number,
): ProtocolError | undefined {
  if (type !== 0x45 || length <= LONGEST_REFUSAL) return undefined;
  const end = data.indexOf(0, 1);
  const said = data.toString("utf8", 1, Math.min(end === -1 ? data.length : end, LONGEST_REFUSAL)).trim();
  // A program that is no PostgreSQL may begin with an E, too.
  return /^\P{Cc}{10,}$/u.test(said) ? new ProtocolError(`the server says: ${said}`, true) : undefined;
}

/**
 * Says what is wrong with a message, or undefined: `pg`'s parser takes all for well-formed, and where one is not it reads
 * beyond its end, throws out of the socket's event, or never returns.
 * @param start where its body starts
 */
export function faultOf(
  data: Buffer,
  type: number | undefined,
  start: number,
  end: number,
): ProtocolError | undefined {
  const letter = String.fromCharCode(type ?? 0);
  const check = CHECKS[letter];
  if (check === undefined)
    return new ProtocolError(
      `the server sent a message of a kind that there is not (${JSON.stringify(letter)})`,
    );
  if (!check(data, start, end)) return malformed(letter);
  return letter === "R" ? authenticationFault(data.readInt32BE(start)) : undefined;
}

/** Of a message that says less, or more, than it should. */
export function malformed(letter: string): ProtocolError {
  return new ProtocolError(`the server sent a malformed message (${letter})`);
}

type Check = (data: Buffer, start: number, end: number) => boolean;

const isEmpty: Check = (_, start, end) => start === end;
const isAnything: Check = () => true;

/** So many texts, each ended by a zero, and nothing after. */
const texts =
  (count: number): Check =>
  (data, start, end) => {
    let at = start;
    for (let i = 0; i < count; i++) {
      at = data.indexOf(0, at) + 1;
      if (at === 0 || at > end) return false;
    }
    return at === end;
  };

/** A number of fields, and each of so many bytes. */
const fixed =
  (before: number, size: number): Check =>
  (data, start, end) =>
    start + before + 2 <= end && start + before + 2 + size * int16(data, start + before) === end;

/** Texts, each with its kind in front; the kind 0 is the end. @param required of them */
const report =
  (required: readonly number[]): Check =>
  (data, start, end) => {
    const kinds = new Set<number>();
    let at = start;
    while (at < end && data[at] !== 0) {
      kinds.add(data[at]!);
      at = data.indexOf(0, at + 1) + 1;
      if (at === 0) return false;
    }
    return at + 1 === end && required.every((kind) => kinds.has(kind));
  };

const isRow: Check = (data, start, end) => {
  if (start + 2 > end) return false;
  let at = start + 2;
  for (let i = int16(data, start); i > 0; i--) {
    if (at + 4 > end) return false;
    const length = data.readInt32BE(at);
    at += 4 + Math.max(0, length);
    if (length < -1 || at > end) return false;
  }
  return at === end;
};

const isRowDescription: Check = (data, start, end) => {
  if (start + 2 > end) return false;
  let at = start + 2;
  for (let i = int16(data, start); i > 0; i--) {
    at = data.indexOf(0, at) + 1;
    if (at === 0) return false;
    at += 18;
    if (at > end) return false;
  }
  return at === end;
};

const CHECKS: Readonly<Record<string, Check>> = {
  "1": isEmpty,
  "2": isEmpty,
  "3": isEmpty,
  A: (data, start, end) => texts(2)(data, start + 4, end),
  C: texts(1),
  D: isRow,
  // Severity and SQLSTATE: without these, it is told neither what it is nor what became of the connection.
  E: report([0x53, 0x43]),
  G: fixed(1, 2),
  H: fixed(1, 2),
  I: isEmpty,
  // Longer in later versions of the protocol.
  K: (_, start, end) => end - start >= 8,
  N: report([]),
  R: (_, start, end) => end - start >= 4,
  S: texts(2),
  T: isRowDescription,
  W: fixed(1, 2),
  Z: (data, start, end) => end - start === 1 && "ITE".includes(String.fromCharCode(data[start]!)),
  c: isEmpty,
  d: isAnything,
  n: isEmpty,
  s: isEmpty,
  t: fixed(0, 4),
};

function authenticationFault(code: number): ProtocolError | undefined {
  if (KNOWN_AUTHENTICATIONS.has(code)) return undefined;
  const name = AUTHENTICATIONS[code] ?? `method ${code}`;
  return new ProtocolError(`the server asks for an authentication that there is not here: ${name}`);
}

function int16(data: Buffer, at: number): number {
  return (data[at]! << 8) | data[at + 1]!;
}
