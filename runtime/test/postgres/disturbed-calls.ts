import { disturbances, harmless, untellable } from "./disturbances.ts";
import { failure } from "./every-call.ts";
import type { ScriptedServer } from "./scripted-server.ts";
import { until } from "./until.ts";

/** What became of a call. */
export interface Outcome {
  readonly result: unknown;
  readonly error: unknown;
}

/** Makes a call of a server of its own that says something else at one of its messages, or nothing else; and how many it sent. */
export type TryOut = (
  name: string,
  what?: string,
  step?: number,
) => Promise<Outcome & { readonly steps: number }>;

/**
 * Has a server say something else at one of its messages.
 * @returns what can be said of a result afterwards: undefined where nobody can tell that it is wrong
 */
export function disturb(
  server: ScriptedServer,
  what: string | undefined,
  step: number,
): (result: unknown) => unknown {
  let isRow = false;
  if (what !== undefined)
    server.disturbance = {
      step,
      disturb: (message) => {
        isRow = "Dd".includes(String.fromCharCode(message[0]!));
        return disturbances[what]!(message);
      },
    };
  return (result) => (isRow && untellable.has(what!) ? undefined : result);
}

/** Waits for what becomes of a call, which must not take for ever. */
export async function settle(call: Promise<unknown>, where: string): Promise<Outcome> {
  let outcome: Outcome | undefined;
  call.then(
    (result) => {
      outcome = { result, error: undefined };
    },
    (error: unknown) => {
      outcome = { result: undefined, error };
    },
  );
  await until(() => outcome !== undefined).catch(() => {
    throw new Error(`it never settled: ${where}`);
  });
  return outcome!;
}

/**
 * Tests that each call settles with what is known, whatever the server says.
 * @param isTried of all disturbances at all messages, by number
 */
export function testDisturbed(
  names: readonly string[],
  tryOut: TryOut,
  { isTried, atOnce }: { readonly isTried: (row: number) => boolean; readonly atOnce: number },
): void {
  describe.each(names)("%s", (name) => {
    test("settles whatever the server says, with what is known, and never with another's answer", async () => {
      const undisturbed = await tryOut(name);
      expect([undefined, failure]).toContain(undisturbed.error);
      const cases: { what: string; step: number }[] = [];
      for (let step = 0; step < undisturbed.steps; step++)
        for (const [i, what] of Object.keys(disturbances).entries())
          if (isTried(step + i + names.indexOf(name))) cases.push({ what, step });
      const worker = async (): Promise<void> => {
        for (let one = cases.pop(); one !== undefined; one = cases.pop()) {
          const { result, error } = await tryOut(name, one.what, one.step);
          const where = `${name}, with ${one.what} for message ${one.step}`;
          const expected = harmless.has(one.what) ? undisturbed.error : error;
          if (error !== expected) throw new Error(`it failed: ${where}`, { cause: error });
          if (result !== undefined && JSON.stringify(result) !== JSON.stringify(undisturbed.result))
            throw new Error(`it gave ${JSON.stringify(result)}: ${where}`);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
    });
  });
}
