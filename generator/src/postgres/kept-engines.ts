import { AnalysingEngine, type EngineAssets, type StartedEngine } from "./analysing-engine.ts";
import { isSame } from "./data-directory.ts";
import type { EmbeddedOptions } from "./embedded-database.ts";

/** How many engines that have been closed are kept, each with some 50 MB. */
const KEPT = 4;

interface Kept {
  readonly snapshot: EmbeddedOptions["snapshot"];
  readonly started: StartedEngine;
}

/** Engines that were closed, for who begins with the same: to rewind one takes a tenth of a start. */
export class KeptEngines {
  /** Those that were closed last are the last. */
  readonly #kept: Kept[] = [];

  async start(options: EmbeddedOptions, assets: EngineAssets): Promise<AnalysingEngine> {
    // Those load libraries, after which nothing can be rewound.
    if (options.extensions.length > 0) return AnalysingEngine.start(options, assets);
    const { snapshot } = options;
    const place = this.#kept.findLastIndex((one) => isSameSnapshot(one.snapshot, snapshot));
    const [kept] = place === -1 ? [] : this.#kept.splice(place, 1);
    if (kept?.started.rewind()) return kept.started.engine();
    await kept?.started.end();
    const started = await AnalysingEngine.startAgain(options, assets, async (isSound) => {
      if (!isSound) return started.end();
      this.#kept.push({ snapshot, started });
      if (this.#kept.length > KEPT) await this.#kept.shift()!.started.end();
    });
    return started.engine();
  }

  /** Ends those that are kept. */
  async end(): Promise<void> {
    for (const { started } of this.#kept.splice(0)) await started.end();
  }
}

function isSameSnapshot(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a === b || (a.length === b.length && isSame(a, b));
}
