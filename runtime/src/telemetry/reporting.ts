import { warnerOf } from "../guarded.ts";

const warn = warnerOf("OpenTelemetry");

/**
 * Calls OpenTelemetry, and with it what the application has registered there, such as a sampler or a processor of spans. Where that
 * throws, the process is warned, and nothing is reported: the database has done what it was asked for all the same.
 */
export function reporting<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    return unreported(error);
  }
}

/** Warns the process of what OpenTelemetry, or what is registered there, has thrown. */
export function unreported(error: unknown): undefined {
  warn(error);
  return undefined;
}
