import type { Client } from "pg";
import { FIRST_NORMAL_OID } from "../../postgres/normal-oid.ts";
import { waitingFor } from "./blocked.ts";
import { type HeldLock, LOOKS_EVERY } from "./model.ts";

interface Open {
  readonly relation: string;
  readonly mode: string;
  readonly granted: boolean;
  readonly from: number;
  to: number;
}

/** Watches which locks a session holds and waits for, and who waits for it. */
export class LockWatch {
  readonly #client: Client;
  readonly #pid: number;
  readonly #now: () => number;
  readonly #open = new Map<string, Open>();
  readonly #closed: HeldLock[] = [];
  /** Whose sessions were seen to wait, each with the times at which they were. */
  readonly waits = new Map<number, number[]>();
  /** When it was looked. */
  readonly looks: number[] = [];
  /** Before which nothing that is seen next was locked. */
  #earliest = 0;
  #running: Promise<void> | null = null;
  #isOver = false;

  /** @param now milliseconds since the rehearsal began */
  constructor(client: Client, pid: number, now: () => number) {
    this.#client = client;
    this.#pid = pid;
    this.#now = now;
  }

  start(): void {
    this.#running = this.#watch();
    // Who loses its session is told of by that.
    this.#running.catch(() => {});
  }

  /** Looks no more. */
  halt(): void {
    this.#isOver = true;
  }

  async locks(): Promise<readonly HeldLock[]> {
    this.halt();
    await this.#running;
    for (const open of this.#open.values()) this.#closed.push(open);
    return this.#closed.sort((a, b) => a.from - b.from);
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      const before = this.#now();
      await this.look();
      const left = LOOKS_EVERY - (this.#now() - before);
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    }
  }

  /** Tells that a statement is about to be sent: what it locks is locked from now on at the earliest. */
  statementBegins(): void {
    this.#earliest = Math.max(this.#earliest, this.#now());
  }

  /** Looks once: between two looks of its own a short lock would be missed. */
  async look(): Promise<void> {
    const asked = this.#now();
    const { rows } = await this.#client.query<{
      relation: string | null;
      mode: string | null;
      granted: boolean | null;
      waiting: number | null;
      blockers: readonly number[] | null;
    }>(
      `select n.nspname || '.' || c.relname as relation, l.mode, l.granted, null::int as waiting, null::int[] as blockers
       from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
       where l.pid = $1 and l.locktype = 'relation' and c.oid >= ${FIRST_NORMAL_OID} and n.nspname not like 'pg\\_%'
       union all
       select null, null, null, a.pid, pg_blocking_pids(a.pid) from pg_stat_activity a
       where a.wait_event_type = 'Lock' and a.datname = current_database()`,
      [this.#pid],
    );
    const now = this.#now();
    this.looks.push(now);
    const earliest = Math.min(this.#earliest, now);
    this.#earliest = Math.max(this.#earliest, asked);
    const seen = new Set<string>();
    const blockers = new Map(
      rows.flatMap((row) => (row.waiting === null ? [] : [[row.waiting, row.blockers ?? []]])),
    );
    for (const pid of waitingFor(this.#pid, blockers)) {
      const times = this.waits.get(pid) ?? [];
      times.push(now);
      this.waits.set(pid, times);
    }
    for (const { relation, mode, granted } of rows) {
      if (relation === null || mode === null) continue;
      const key = `${relation} ${mode} ${granted}`;
      seen.add(key);
      const open = this.#open.get(key);
      if (open) open.to = now;
      else this.#open.set(key, { relation, mode, granted: granted === true, from: earliest, to: now });
    }
    for (const [key, open] of this.#open) {
      if (seen.has(key)) continue;
      open.to = now;
      this.#closed.push(open);
      this.#open.delete(key);
    }
  }
}
