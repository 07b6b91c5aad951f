import { aside } from "../context.ts";
import type { Queryable } from "./queryable.ts";
import type { Replica } from "./replica.ts";

/** Milliseconds between two looks, at least and at most. */
const SOONEST = 50;
const LATEST = 5_000;

/** What can be asked where a server's log stands. */
export type Asked = Pick<Queryable, "execute">;

/** Where the primary's log stood, and when. */
interface Sample {
  readonly at: number;
  readonly position: bigint;
}

/**
 * Keeps from calls every replica that is not known to be less than `bound` milliseconds behind: it must have replayed what
 * the primary had written no longer ago than that. So a primary that writes nothing makes no replica look old, and one that
 * no longer hears of it does.
 */
export class ReplicaLag {
  readonly #primary: Asked;
  readonly #replicas: readonly { readonly replica: Replica; readonly asked: Asked }[];
  readonly #bound: number;
  #samples: Sample[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(
    primary: Asked,
    replicas: readonly { readonly replica: Replica; readonly asked: Asked }[],
    bound: number,
  ) {
    this.#primary = primary;
    this.#replicas = replicas;
    this.#bound = bound;
    for (const { replica } of replicas) replica.isRecent = false;
    void aside(() => this.#watch());
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #watch(): Promise<void> {
    await this.#look();
    if (this.#isStopped) return;
    const pause = Math.min(LATEST, Math.max(SOONEST, this.#bound / 4));
    this.#timer = setTimeout(() => void this.#watch(), pause).unref();
  }

  async #look(): Promise<void> {
    const at = performance.now();
    const position = await this.#ask(this.#primary, "pg_current_wal_lsn()");
    if (position !== undefined) this.#samples.push({ at, position });
    await Promise.all(
      this.#replicas.map(async ({ replica, asked }) => {
        const replayed = await this.#ask(asked, "pg_last_wal_replay_lsn()");
        const newest = this.#samples.findLast(
          (sample) => replayed !== undefined && sample.position <= replayed,
        );
        replica.isRecent = newest !== undefined && performance.now() - newest.at <= this.#bound;
      }),
    );
    this.#samples = this.#samples.filter((sample) => performance.now() - sample.at <= this.#bound);
  }

  /** Undefined where it did not answer, or is no server that could. */
  async #ask(server: Asked, position: string): Promise<bigint | undefined> {
    try {
      const { rows } = await server.execute(`select pg_catalog.${position}`, [], {
        name: "replica lag",
        timeout: Math.max(SOONEST, this.#bound),
      });
      const text: unknown = rows[0]?.[0];
      return typeof text === "string" ? read(text) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** A position in the log, as in `16/B374D848`. */
function read(text: string): bigint {
  const [high = "0", low = "0"] = text.split("/");
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
