/** Pages of 64 kB that PostgreSQL begins with, and may grow to, as PGlite's program is linked. */
const INITIAL = 2048;
const MAXIMUM = 32_768;
/** How many are kept for engines to come. */
const KEPT = 2;

interface Memory {
  readonly buffer: ArrayBuffer;
}

/** Node's types declare the namespace, but no value of it. */
const { WebAssembly: wasm } = globalThis as unknown as {
  readonly WebAssembly: {
    Memory: new (limits: { readonly initial: number; readonly maximum: number }) => Memory;
  };
};

const free: Memory[] = [];

/**
 * Gives memory for an engine, all zeros: that of one that has ended, where there is some. For new memory, which is outside of its heap, V8
 * collects the whole heap, each time.
 */
export function takeMemory(): Memory {
  return free.pop() ?? new wasm.Memory({ initial: INITIAL, maximum: MAXIMUM });
}

/**
 * Takes back the memory of an engine that has ended.
 * @param used how many of its bytes, from the first on, the engine ever had; a quarter of them, as a rule
 */
export function giveMemoryBack(memory: Memory, used = memory.buffer.byteLength): void {
  // What has grown stays as large.
  if (free.length >= KEPT || memory.buffer.byteLength !== INITIAL * 65_536) return;
  new Uint8Array(memory.buffer).fill(0, 0, used);
  free.push(memory);
}
