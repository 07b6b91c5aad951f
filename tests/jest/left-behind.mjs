import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds that handles may take to close for which nobody waits. Nothing is measured by it: it ends what would never. */
const CLOSING = 10_000;

/** Globals and listeners of packages, which are loaded once. */
const ofPackages = new Set();

/** What runs in a suite's own process, by Node's names; servers that all suites share are processes, with pipes. */
const HANDLES = new Set(["Timeout", "Immediate", "TCPServerWrap", "TCPSocketWrap"]);

/** Those that were given something to hold, for each of which Node 20 does something at each promise that is made, until it is disabled. */
const storages = new Set();
for (const name of ["run", "enterWith"]) {
  const original = AsyncLocalStorage.prototype[name];
  AsyncLocalStorage.prototype[name] = function (...given) {
    storages.add(this);
    return original.apply(this, given);
  };
}

/** Disables what suites have used so far; what is used again is enabled again. */
export function disableStorages() {
  for (const storage of storages) storage.disable();
  storages.clear();
}

/**
 * Loads a package, of which stays what it does to the process.
 * @template T
 * @param {() => Promise<T>} load
 */
export async function keepLoaded(load) {
  const all = () => [...Reflect.ownKeys(globalThis), ...listeners().map(({ listener }) => listener)];
  const before = new Set(all());
  const loaded = await load();
  for (const one of all()) if (!before.has(one)) ofPackages.add(one);
  return loaded;
}

/** What of a process outlives a suite: compared with how the suite found it. */
export class LeftBehind {
  #console = globalThis.console;
  #exit = process.exit;
  #exitCode = process.exitCode;
  #cwd = process.cwd();
  #environment = { ...process.env };
  #globals = new Set(Reflect.ownKeys(globalThis));
  #listeners = listeners();
  #handles = handles();
  #closing;

  constructor(closing = CLOSING) {
    this.#closing = closing;
  }

  /** Puts back what a suite changed, jest's own changes for it included, and says what cannot be put back. */
  async clear() {
    globalThis.console = this.#console;
    process.exit = this.#exit;
    process.exitCode = this.#exitCode;
    if (process.cwd() !== this.#cwd) process.chdir(this.#cwd);
    this.#restoreEnvironment();
    for (const key of Reflect.ownKeys(globalThis))
      if (!this.#globals.has(key) && !ofPackages.has(key)) Reflect.deleteProperty(globalThis, key);
    this.#removeListeners();
    disableStorages();
    return this.#openHandles();
  }

  #restoreEnvironment() {
    for (const name of Object.keys({ ...process.env, ...this.#environment })) {
      const before = this.#environment[name];
      if (before === undefined) delete process.env[name];
      else if (process.env[name] !== before) process.env[name] = before;
    }
  }

  #removeListeners() {
    for (const { event, listener } of listeners()) {
      const isKnown = this.#listeners.some((known) => known.event === event && known.listener === listener);
      if (!isKnown && !ofPackages.has(listener)) process.off(event, listener);
    }
  }

  async #openHandles() {
    let open = [];
    for (const end = performance.now() + this.#closing; performance.now() < end; ) {
      open = beyond(handles(), this.#handles);
      if (open.length === 0) break;
      await sleep(20);
    }
    return open;
  }
}

const handles = () => process.getActiveResourcesInfo().filter((kind) => HANDLES.has(kind));

function listeners() {
  return process
    .eventNames()
    .flatMap((event) => process.rawListeners(event).map((listener) => ({ event, listener })));
}

/**
 * Gives those of `kinds` that are more than they were.
 * @param {readonly string[]} kinds
 * @param {readonly string[]} before
 */
function beyond(kinds, before) {
  const known = [...before];
  return kinds.filter((kind) => {
    const place = known.indexOf(kind);
    if (place !== -1) known.splice(place, 1);
    return place === -1;
  });
}
