import { performance } from "node:perf_hooks";
import { jest } from "@jest/globals";

/**
 * An event loop that was at work for what a test stalls it, and idle for the rest: the real one of a process that others keep from its
 * processor is at work all the time, and no test can tell it from one that is stalled.
 */
export class CountedLoop {
  #active = 0;
  readonly #spy = jest.spyOn(performance, "eventLoopUtilization").mockImplementation((since) => ({
    idle: 0,
    utilization: 0,
    active: this.#active - (since?.active ?? 0),
  }));

  /** Keeps the event loop from turning for so many milliseconds. */
  stall(time: number): void {
    const end = performance.now() + time;
    while (performance.now() < end);
    this.#active += time;
  }

  restore(): void {
    this.#spy.mockRestore();
  }
}
