import type { Codec } from "./codec.ts";

const DATE_TIME =
  /^(\d{4,6})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(\.\d+)?)?([+-]\d\d(?::\d\d){0,2})?( BC)?$/;

const digits = (t: string, at: number): number => (t.charCodeAt(at) - 48) * 10 + t.charCodeAt(at + 1) - 48;

/** Milliseconds of `2026-11-24`, `2026-11-24 19:45:40.123456` or that with an offset; NaN for what has another form. */
function usualTime(t: string): number {
  const year = digits(t, 0) * 100 + digits(t, 2);
  if (t.charCodeAt(4) !== 45 || year < 100) return Number.NaN;
  if (t.length === 10) return Date.UTC(year, digits(t, 5) - 1, digits(t, 8));
  if (t.charCodeAt(10) !== 32) return Number.NaN;
  let i = 19;
  let millis = 0;
  if (t.charCodeAt(i) === 46) {
    for (let scale = 100; ; scale = Math.trunc(scale / 10)) {
      const digit = t.charCodeAt(++i) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      millis += digit * scale;
    }
  }
  const time = Date.UTC(
    year,
    digits(t, 5) - 1,
    digits(t, 8),
    digits(t, 11),
    digits(t, 14),
    digits(t, 17),
    millis,
  );
  const rest = t.length - i;
  if (rest === 0) return time;
  const sign = t.charCodeAt(i);
  if ((sign !== 43 && sign !== 45) || !(rest === 3 || (rest === 6 && t.charCodeAt(i + 3) === 58)))
    return Number.NaN;
  const minutes = digits(t, i + 1) * 60 + (rest === 6 ? digits(t, i + 4) : 0);
  return sign === 43 ? time - minutes * 60_000 : time + minutes * 60_000;
}

/** date, timestamp (both read as UTC) and timestamptz as Date. */
export const date: Codec<Date> = {
  decode(t) {
    const usual = usualTime(t);
    if (!Number.isNaN(usual)) return new Date(usual);
    const m = DATE_TIME.exec(t);
    if (m === null) throw new Error("is not a point in time that a Date can hold");
    const year = m[9] === undefined ? Number(m[1]) : 1 - Number(m[1]);
    const millis = Math.trunc(Number(`0${m[7] ?? ""}`) * 1000 + 1e-6);
    const value = new Date(0);
    value.setUTCFullYear(year, Number(m[2]) - 1, Number(m[3]));
    value.setUTCHours(Number(m[4] ?? 0), Number(m[5] ?? 0), Number(m[6] ?? 0), millis);
    const offset = m[8];
    if (offset !== undefined) {
      const [h = 0, min = 0, s = 0] = offset.slice(1).split(":").map(Number);
      const seconds = (h * 60 + min) * 60 + s;
      value.setTime(value.getTime() - (offset.startsWith("-") ? -seconds : seconds) * 1000);
    }
    if (Number.isNaN(value.getTime())) throw new Error("is not a point in time that a Date can hold");
    return value;
  },
  encode(v) {
    if (Number.isNaN(v.getTime())) throw new RangeError("an invalid Date cannot be stored");
    const year = v.getUTCFullYear();
    if (year > 0 && year < 10_000) return v.toISOString();
    const rest = v.toISOString().replace(/^[+-]?\d+/, "");
    return year > 0
      ? `${String(year).padStart(4, "0")}${rest}`
      : `${String(1 - year).padStart(4, "0")}${rest} BC`;
  },
};

/** date as Date, at midnight UTC. */
export const day: Codec<Date> = {
  decode: (t) => date.decode(t),
  encode: (v) => date.encode(v).replace(/T[^ ]*/, ""),
};

/** A time's offset, of which PostgreSQL leaves out what is zero. */
const SHORT_OFFSET = /([+-]\d\d)( BC)?$/;

/**
 * timestamp and timestamptz as ISO 8601 has them and `to_json` writes them: `2026-11-28T00:37:15.153977+00:00`. What it has
 * no form for (infinity, years before 1) stays as near to it as `to_json` comes.
 */
export const iso: Codec<string> = {
  decode(t) {
    const at = t.indexOf(" ");
    if (at < 10) return t;
    const offset = t.charCodeAt(t.length - 3);
    const time = `${t.slice(0, at)}T${t.slice(at + 1)}`;
    // `+05:30` has its minutes; behind the seconds of a timestamp stands no sign.
    if (offset === 43 || offset === 45) return `${time}:00`;
    return time.endsWith(" BC") ? time.replace(SHORT_OFFSET, "$1:00$2") : time;
  },
  encode: (v) => v,
};

/** Any type of Temporal's, which reads and writes ISO 8601. */
export function temporal<T extends { toString(): string }>(type: { from(text: string): T }): Codec<T> {
  return {
    decode(t) {
      // Of other years Temporal and PostgreSQL have no form in common.
      if (!/^\d{4}-/.test(t) || t.endsWith(" BC")) throw new Error("is not a time that Temporal reads");
      return type.from(iso.decode(t));
    },
    encode(v) {
      const t = v.toString();
      if (!/^\d{4}-/.test(t)) throw new RangeError("is not a time that PostgreSQL reads");
      return t;
    },
  };
}
