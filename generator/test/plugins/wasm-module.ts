const leb = (n: number): number[] => (n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...leb(n >>> 7)]);
const vector = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()];
const text = (value: string): number[] => [...leb(Buffer.byteLength(value)), ...Buffer.from(value)];
const section = (id: number, body: readonly number[]): number[] => [id, ...leb(body.length), ...body];

const I32 = 0x7f;
const constant = (n: number): number[] => [0x41, ...(n < 64 ? [n] : leb(n))];
const call = (n: number): number[] => [0x10, n];
const WASI = "wasi_snapshot_preview1";
const END = 0x0b;

/** What a module's `_start` may do. */
export const BODIES = {
  /** Writes the answer and ends. */
  answer: [...constant(1), ...constant(0), ...constant(1), ...constant(8), ...call(0), 0x1a],
  /** Traps where a folder of the machine was opened for it, else answers. */
  "look for a folder": [
    ...[...constant(3), ...constant(8), ...call(1), 0x45, 0x04, 0x40, 0x00, END],
    ...[...constant(1), ...constant(0), ...constant(1), ...constant(8), ...call(0), 0x1a],
  ],
  "never end": [0x03, 0x40, 0x0c, 0, END],
  /** Takes memory until it is given no more, and traps then. */
  "take all memory": [
    ...[0x03, 0x40, ...constant(63), 0x40, 0, 0x41, 0x7f, 0x46, 0x04, 0x40, 0x00, END, 0x0c, 0, END],
  ],
} as const;

/** A WASI module, byte by byte: a plugin's answer that needs no compiler. */
export function wasmModule(body: readonly number[], answer: Uint8Array): Buffer {
  const iovec = Buffer.alloc(16);
  iovec.writeUInt32LE(16, 0);
  iovec.writeUInt32LE(answer.length, 4);
  const code = [0, ...body, END];
  return Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      vector([
        [0x60, ...vector([[I32], [I32], [I32], [I32]]), ...vector([[I32]])],
        [0x60, ...vector([[I32], [I32]]), ...vector([[I32]])],
        [0x60, 0, 0],
      ]),
    ),
    ...section(
      2,
      vector([
        [...text(WASI), ...text("fd_write"), 0, 0],
        [...text(WASI), ...text("fd_prestat_get"), 0, 1],
      ]),
    ),
    ...section(3, vector([[2]])),
    ...section(5, vector([[0, 1]])),
    ...section(
      7,
      vector([
        [...text("memory"), 2, 0],
        [...text("_start"), 0, 2],
      ]),
    ),
    ...section(10, vector([[...leb(code.length), ...code]])),
    ...section(
      11,
      vector([[0, ...constant(0), END, ...leb(iovec.length + answer.length), ...iovec, ...answer]]),
    ),
  ]);
}
