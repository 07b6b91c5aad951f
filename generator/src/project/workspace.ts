import type { KeptStart } from "../cache/kept-snapshot.ts";
import type { Files } from "../files/files.ts";
import type { QuerySource } from "../model/source.ts";
import type { Engines } from "./engines.ts";
import { fingerprint } from "./fingerprint.ts";
import { type Host, NO_STORE, type Store } from "./host.ts";
import type { KeptAnalysis } from "./kept-analysis.ts";
import { RecentMap } from "./recent-map.ts";
import { Sources } from "./sources.ts";

/**
 * What the projects of a process have in common: where they run, their databases, and what was found. A command has one and closes it; what
 * stays open (a watcher, an editor) keeps it.
 */
export class Workspace {
  readonly host: Host;
  /** The last analyses, by all that they were made from. */
  readonly analyses = new RecentMap<KeptAnalysis>(4);
  /** What was read of the last schemas, by kind and key: who holds on to something of it finds it again. */
  readonly readings = new RecentMap<unknown>(6);
  /** What was found between two schemas, by the keys of both. */
  readonly comparisons = new RecentMap<unknown>(2);
  readonly #usesStore: boolean;
  readonly #sources = new Map<string, Sources>();
  readonly #stores = new Map<string, Store>();
  readonly #once = new Map<string, Promise<unknown>>();
  readonly #origins = new WeakMap<QuerySource, { readonly target: number | null; readonly key: string }>();
  #engines: Promise<Engines> | null = null;
  readonly #unkept: (() => Promise<void>)[] = [];
  readonly #closing: (() => void | Promise<void>)[] = [];

  /** @param usesStore whether results of earlier runs count, and those of this one are kept */
  constructor(host: Host, { usesStore }: { readonly usesStore: boolean }) {
    this.host = host;
    this.#usesStore = usesStore;
  }

  /**
   * Gives what stands in the files of a folder.
   * @param files what it is read from
   * @param revision what distinguishes them from others of the same folder
   */
  sources(root: string, files: () => Files, revision: string): Sources {
    const key = `${revision}\0${root}`;
    let sources = this.#sources.get(key);
    if (sources === undefined) {
      sources = new Sources(files());
      this.#sources.set(key, sources);
    }
    return sources;
  }

  /** Gives what keeps results for the project in that folder. */
  storeOf(home: string): Store {
    if (!this.#usesStore) return NO_STORE;
    let store = this.#stores.get(home);
    if (store === undefined) {
      store = this.host.store(home);
      this.#stores.set(home, store);
    }
    return store;
  }

  /** Gives a key of all that decides what is made of a query on one schema, its place in the file included. */
  originOf(query: QuerySource, target: number | null): string {
    let known = this.#origins.get(query);
    if (known?.target !== target) {
      known = { target, key: this.host.key(`${target}`, fingerprint(query)) };
      this.#origins.set(query, known);
    }
    return known!.key;
  }

  /** Gives the databases of all its projects; their code is loaded when it is first needed. */
  engines(): Promise<Engines> {
    this.#engines ??= import("./engines.ts").then((module) => new module.Engines(this.host));
    return this.#engines;
  }

  /** Begins to load the embedded PostgreSQL, where none was started yet. */
  warmUp(): void {
    if (this.#engines === null) this.host.warmUp();
  }

  /** Has something kept for later runs, as soon as there is time for it: when `kept` is asked for. */
  keep(work: () => Promise<void>): void {
    this.#unkept.push(work);
  }

  /** Writes everything that later runs can use. */
  async kept(): Promise<void> {
    await Promise.all(this.#unkept.splice(0).map((work) => work()));
    await (await this.#engines)?.kept();
  }

  /** Gives what the database that was started last can be started from in a later run; null where there was none. */
  async lastKept(): Promise<KeptStart | null> {
    return (await this.#engines)?.lastKept ?? null;
  }

  /** Makes something once for as long as the workspace is open. */
  once<T>(key: string, make: () => Promise<T>): Promise<T> {
    let made = this.#once.get(key) as Promise<T> | undefined;
    if (made === undefined) {
      made = make();
      this.#once.set(key, made);
      made.catch(() => this.#once.delete(key));
    }
    return made;
  }

  /** Has something done when the workspace is closed. */
  onClose(work: () => void | Promise<void>): void {
    this.#closing.push(work);
  }

  /**
   * Forgets what stands in files, which may have changed. What was found stays, by what it was found from.
   * @param edited where nothing changed but what stands in these, of those that are read from disk
   */
  forgetFiles(edited: ReadonlySet<string> | null = null): void {
    for (const sources of this.#sources.values()) sources.forget(edited);
  }

  /**
   * Writes everything that later runs can use, and has its databases end, for which nobody waits. Whoever then asks for a database gets
   * another.
   */
  async keepLast(): Promise<void> {
    const keeping = this.kept();
    const engines = await this.#engines;
    engines?.close().catch(() => {});
    await keeping;
  }

  async close(): Promise<void> {
    await this.kept();
    await (await this.#engines)?.close();
    this.#engines = null;
    for (const work of this.#closing.splice(0)) await work();
    this.#once.clear();
  }
}
