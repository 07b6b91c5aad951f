/** Tells what PostgreSQL's text cannot hold of this one, or undefined. Sent all the same, a surrogate would become U+FFFD. */
export function whatIsUnstorable(text: string): string | undefined {
  if (!text.isWellFormed()) return "a lone surrogate, which is no character";
  return text.includes("\0") ? "the character U+0000, which PostgreSQL refuses" : undefined;
}

/** A value that cannot be sent, before it is known which query's it is. */
export class Unstorable extends Error {
  readonly place: number;

  constructor(reason: string, place: number, options?: ErrorOptions) {
    super(reason, options);
    this.place = place;
  }
}

/**
 * A parameter's value as it is sent: what `pg` makes of it, but for what that would change, such as -0, a Date of a time whose
 * offset had seconds, or what JSON makes null or leaves out.
 * @throws Unstorable where the database cannot hold it
 */
export function writeValue(value: unknown, place: number): string | Buffer | null {
  const written = write(value, place);
  if (typeof written !== "string") return written;
  const reason = whatIsUnstorable(written);
  if (reason !== undefined) throw new Unstorable(reason, place);
  return written;
}

function write(value: unknown, place: number): string | Buffer | null {
  switch (typeof value) {
    case "string":
      return value;
    case "undefined":
      return null;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "boolean":
    case "bigint":
      return String(value);
    case "object":
      return value === null ? null : writeObject(value, place);
    default:
      throw new Unstorable(`a ${typeof value}, which is no value`, place);
  }
}

function writeObject(value: object, place: number): string | Buffer | null {
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (value instanceof Date) return writeDate(value, place);
  if (Array.isArray(value)) return writeArray(value, place);
  const { toPostgres } = value as { readonly toPostgres?: unknown };
  if (typeof toPostgres === "function")
    return write(
      toPostgres.call(value, (part: unknown) => write(part, place)),
      place,
    );
  return writeJson(value, place);
}

function writeArray(items: readonly unknown[], place: number): string {
  const written = Array.from(items, (item) => {
    if (Array.isArray(item)) return writeArray(item, place);
    const one = write(item, place);
    if (one === null) return "NULL";
    const text = typeof one === "string" ? one : `\\x${one.toString("hex")}`;
    return `"${text.replace(/[\\"]/g, "\\$&")}"`;
  });
  return `{${written.join()}}`;
}

/** In local time, which is what a date without a time is cut from, with the offset to the second. */
function writeDate(date: Date, place: number): string {
  const time = date.getTime();
  if (Number.isNaN(time)) throw new Unstorable("a Date that is no point in time", place);
  let local = new Date(0);
  local.setUTCFullYear(date.getFullYear(), date.getMonth(), date.getDate());
  local.setUTCHours(date.getHours(), date.getMinutes(), date.getSeconds(), date.getMilliseconds());
  // Beyond the last that a Date can be, though the time itself is one.
  if (Number.isNaN(local.getTime())) local = date;
  const year = local.getUTCFullYear();
  const seconds = Math.round((local.getTime() - time) / 1000);
  const units = seconds % 60 === 0 ? [3600, 60] : [3600, 60, 1];
  const offset = units.map((unit) => String(Math.floor(Math.abs(seconds) / unit) % 60).padStart(2, "0"));
  // There is no year 0.
  const written = String(year > 0 ? year : 1 - year).padStart(4, "0");
  const rest = local.toISOString().replace(/^[+-]?\d+/, "");
  return `${written}${rest.slice(0, -1)}${seconds < 0 ? "-" : "+"}${offset.join(":")}${year > 0 ? "" : " BC"}`;
}

function writeJson(value: object, place: number): string {
  const refuse = (what: string): never => {
    throw new Unstorable(`${what} in JSON`, place);
  };
  let hasNegativeZero = false;
  const text = stringify(value, place, function (this: unknown, key, item: unknown) {
    const given: unknown = (this as Record<string, unknown>)[key];
    if (given instanceof Date) refuse("a Date, which would become a string,");
    if (given instanceof Map || given instanceof Set) refuse("a Map or Set, which would become {},");
    if (typeof item === "bigint" || item instanceof BigInt) refuse("a bigint");
    if (typeof item === "object" && item !== null && isLost(item))
      refuse(`${kindOf(item)}, which would be lost,`);
    if (typeof item === "number" && !Number.isFinite(item)) refuse(`${item}, which would become null,`);
    if (item === undefined || typeof item === "function" || typeof item === "symbol")
      refuse(`a value that is ${typeof item}`);
    hasNegativeZero ||= Object.is(item, -0);
    return item;
  });
  if (text === undefined) return refuse("nothing");
  return hasNegativeZero ? withNegativeZeros(value, text) : text;
}

/** Writes it, or says that it cannot be written, as where a circle is in it. */
function stringify(
  value: object,
  place: number,
  replace: (this: unknown, key: string, item: unknown) => unknown,
): string | undefined {
  try {
    return JSON.stringify(value, replace);
  } catch (cause) {
    if (cause instanceof Unstorable) throw cause;
    throw new Unstorable("a value that cannot be written as JSON", place, { cause });
  }
}

/** Tells whether it is an object of which JSON keeps nothing, or numbers in place of bytes: a promise that was not awaited, an error. */
function isLost(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null || Array.isArray(value)) return false;
  if (ArrayBuffer.isView(value) || value instanceof Error) return true;
  const isData = value instanceof Number || value instanceof String || value instanceof Boolean;
  return !isData && kindOf(value) !== "Object" && Object.keys(value).length === 0;
}

/** Such as `Promise`. */
function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** The same, of which JSON.stringify has written zeros without their sign. @param text that it has written */
function withNegativeZeros(value: object, text: string): string {
  let mark = "#";
  while (text.includes(`"${mark}`)) mark += "#";
  const marked = JSON.stringify(value, (_, item: unknown) => (Object.is(item, -0) ? mark : item));
  return marked.replaceAll(`"${mark}"`, "-0");
}
