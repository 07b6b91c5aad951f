import { ParameterError } from "../errors/errors.ts";
import { BINARY, int16, int32, Unwritable, type WriteBinary } from "./binary-values.ts";
import { whatIsUnstorable } from "./storable.ts";

/** Writes rows as COPY reads them. */
export interface CopyFormat {
  /** What COPY is told of it. */
  readonly options: string;
  /** Stand in front of all rows, and behind them. */
  readonly head: string;
  readonly tail: string;
  /** @returns undefined where the format has no words for a value; another one may */
  row(values: readonly (string | null)[]): string | undefined;
  /** Makes a CopyData message of what has been written. @throws ParameterError where PostgreSQL cannot hold it */
  message(written: string, query: string): Buffer;
}

const COPY_DATA = 0x64;

/** @param length in bytes, of what it is to hold */
function copyData(length: number): Buffer {
  const message = Buffer.allocUnsafe(5 + length);
  message[0] = COPY_DATA;
  message.writeInt32BE(length + 4, 1);
  return message;
}

const refusal = (reason: string, query: string): ParameterError =>
  new ParameterError(`a row has ${reason}`, { query });

const SPECIAL = /[\\\t\n\r]/;
const ESCAPED: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** Lines, which hold any value of any type. */
export const TEXT_FORMAT: CopyFormat = {
  options: "",
  head: "",
  tail: "",
  row(values) {
    let text = "";
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (i > 0) text += "\t";
      if (value === null || value === undefined) text += "\\N";
      else text += SPECIAL.test(value) ? value.replace(/[\\\t\n\r]/g, (c) => ESCAPED[c]!) : value;
    }
    return `${text}\n`;
  },
  message(lines, query) {
    const reason = whatIsUnstorable(lines);
    if (reason !== undefined) throw refusal(reason, query);
    const message = copyData(Buffer.byteLength(lines));
    message.write(lines, 5);
    return message;
  },
};

const SIGNATURE = "PGCOPY\n\xff\r\n\0";
const NULL = int32(-1);
/** The lengths that most values have. */
const LENGTHS = Array.from({ length: 256 }, (_, length) => int32(length));

/**
 * The binary format, which the server reads in little more than half of the time. What is written has a character for each byte.
 * @returns undefined where a column is of a type that is not written so
 */
export function binaryFormat(types: readonly number[], query: string): CopyFormat | undefined {
  const writers = types.map((type) => BINARY.get(type));
  return writers.includes(undefined) ? undefined : new BinaryFormat(writers as WriteBinary[], query);
}

class BinaryFormat implements CopyFormat {
  readonly options = " WITH (FORMAT binary)";
  readonly head = SIGNATURE + int32(0) + int32(0);
  readonly tail = int16(-1);
  readonly #writers: readonly WriteBinary[];
  readonly #query: string;
  readonly #count: string;
  /** The last value of each column, and what it was written as: many say the same in row after row, a tenant's for one. */
  readonly #values: (string | undefined)[];
  readonly #written: string[];

  constructor(writers: readonly WriteBinary[], query: string) {
    this.#writers = writers;
    this.#query = query;
    this.#count = int16(writers.length);
    this.#values = writers.map(() => undefined);
    this.#written = writers.map(() => "");
  }

  row(values: readonly (string | null)[]): string | undefined {
    let row = this.#count;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value === null || value === undefined) {
        row += NULL;
        continue;
      }
      if (value !== this.#values[i]) {
        const written = this.#write(i, value);
        if (written === undefined) return undefined;
        this.#values[i] = value;
        this.#written[i] = (LENGTHS[written.length] ?? int32(written.length)) + written;
      }
      row += this.#written[i]!;
    }
    return row;
  }

  #write(column: number, value: string): string | undefined {
    try {
      return this.#writers[column]!(value);
    } catch (error) {
      throw error instanceof Unwritable ? refusal(error.message, this.#query) : error;
    }
  }

  message(bytes: string): Buffer {
    const message = copyData(bytes.length);
    message.write(bytes, 5, "latin1");
    return message;
  }
}
