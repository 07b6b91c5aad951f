import type { AnalyzeOptions, LoadedConfig, Pipeline } from "../../src/cli/pipeline.ts";
import { produce } from "../../src/cli/produce.ts";
import { pipeline } from "./stand-in/pipeline.ts";

const loaded = {
  config: { querySets: [{ index: 0, typescript: { out: "gen", options: {} }, plugins: [], json: null }] },
} as unknown as LoadedConfig;
const options: AnalyzeOptions = { cache: true, keepLater: () => {} };

test("what comes while one step goes on is heard before the next", async () => {
  const order: string[] = [];
  /** As a signal, which waits for the end of what runs. */
  const come = (what: string) => setImmediate(() => order.push(what));
  const steps: Pipeline = {
    ...pipeline,
    analyze: async () => {
      order.push("analysis");
      come("a first signal");
      return { querySets: [{ index: 0, queries: [] }], diagnostics: [] } as never;
    },
    emit: async () => {
      order.push("emission");
      come("a second signal");
      return { files: [], diagnostics: [] };
    },
    keep: async () => {
      order.push("keeping");
      return async () => {};
    },
  };
  await produce(steps, loaded, options);
  expect(order).toEqual(["analysis", "a first signal", "emission", "a second signal", "keeping"]);
});
