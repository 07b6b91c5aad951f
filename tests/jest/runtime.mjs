import asyncHooks from "node:async_hooks";
import { createRequire, isBuiltin } from "node:module";
import { dirname, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { SourceTextModule, SyntheticModule } from "node:vm";
import JestRuntime from "jest-runtime";
import { keepLoaded } from "./left-behind.mjs";
import { sharesModules } from "./sharing.mjs";

const require = createRequire(import.meta.url);

/** As jest has them for ES modules. */
const TRANSFORM = {
  isInternalModule: false,
  supportsDynamicImport: true,
  supportsExportNamespaceFrom: true,
  supportsStaticESM: true,
  supportsTopLevelAwait: true,
};

/** The generator: most of what there is to load, and made to be asked many times by one process. */
const SHARED = `${sep}generator${sep}src${sep}`;

/** Modules that all suites of this process share, by their path. */
const shared = new Map();
/** Modules that Node loads itself, as those import one another: packages, and what is built. */
const packages = new Map();
const evaluations = new WeakMap();
/** By path, of all suites: a line of a shared module is said in any. */
const sourceMaps = new Map();

let linked = Promise.resolve();
/** The suite that runs, which loads what a shared module imports later. */
let current;

const isPackage = (path) =>
  path.includes(`${sep}node_modules${sep}`) ||
  path.includes(`${sep}dist${sep}`) ||
  /\.(cjs|json|node)$/.test(path);

const isFramework = (path) => path.includes(`${sep}jest-circus${sep}`);

/**
 * Loads a suite and its helpers anew for each, as jest does, but in the context of the process, where the generator's modules and packages
 * stay from suite to suite.
 */
class SharedModules extends JestRuntime {
  #modules = new Map();
  #shared;

  constructor(config, environment, resolver, transformer, cacheFS, coverage, testPath, globalConfig) {
    super(config, environment, resolver, transformer, cacheFS, coverage, testPath, globalConfig);
    // Files change while jest watches.
    this.#shared = globalConfig.watch || globalConfig.watchAll ? this.#modules : shared;
    current = this;
  }

  /** @override */
  getSourceMaps() {
    return sourceMaps;
  }

  /** @override The test framework begins anew in each suite: it holds the suite's tests. */
  requireInternalModule(from, to) {
    const path = to ?? from;
    if (!isFramework(path)) return createRequire(from)(path);
    delete require.cache[path];
    return withCurrentTest(() => createRequire(from)(path));
  }

  /** @override */
  requireModule(from, to) {
    return createRequire(from)(to ?? from);
  }

  /** @override */
  async unstable_importModule(from, specifier) {
    return evaluate(
      specifier === undefined ? await this.#load(from, "") : await this.resolve(specifier, from),
    );
  }

  /** @override */
  setMock() {
    throw new Error("Modules are shared by suites: spy on an object, or give what is asked as an argument.");
  }

  /** @override */
  setModuleMock() {
    this.setMock();
  }

  /** Gives the module that a file imports under a name, which is not linked yet when it is new. */
  async resolve(specifier, from) {
    if (isBuiltin(specifier)) return loadPackage(specifier);
    if (specifier === "@jest/globals") return this.#globals();
    const [, name, suffix] = /^([^?#]*)(.*)$/.exec(specifier);
    const path = name.startsWith("file:")
      ? fileURLToPath(name)
      : await this._resolution.resolveEsmAsync(from, name);
    return this.#load(path, suffix);
  }

  #globals() {
    const known = this.#modules.get("@jest/globals");
    if (known !== undefined) return known;
    const module = synthetic("@jest/globals", this.jestGlobals.cjsGlobals(this._testPath));
    this.#modules.set("@jest/globals", module);
    return module;
  }

  async #load(path, suffix) {
    if (isPackage(path)) return loadPackage(pathToFileURL(path).href + suffix);
    const modules = path.includes(SHARED) ? this.#shared : this.#modules;
    const known = modules.get(path + suffix);
    if (known !== undefined) return known;
    const module = this.#read(path, suffix, modules === shared);
    modules.set(path + suffix, module);
    return module;
  }

  #read(path, suffix, isShared) {
    const code = this.transformCache.transform(path, TRANSFORM);
    const map = super.getSourceMaps().get(path);
    if (map !== undefined) sourceMaps.set(path, map);
    return new SourceTextModule(code, {
      identifier: path,
      importModuleDynamically: async (specifier) =>
        evaluate(await (isShared ? current : this).resolve(specifier, path)),
      initializeImportMeta: (meta) => {
        meta.url = pathToFileURL(path).href + suffix;
        meta.filename = path;
        meta.dirname = dirname(path);
        meta.resolve = (specifier) => {
          if (isBuiltin(specifier)) return specifier;
          return pathToFileURL((isShared ? current : this)._resolution.resolveEsm(path, specifier)).href;
        };
      },
    });
  }
}

/** Loads a suite, and all that it imports, in a context of its own, as jest does. */
class OwnModules extends JestRuntime {
  /** @override */
  requireInternalModule(from, to) {
    const load = () => super.requireInternalModule(from, to);
    return isFramework(to ?? from) ? withCurrentTest(load) : load();
  }
}

/** What loads a suite; the arguments are jest's. */
export default function Runtime(
  config,
  environment,
  resolver,
  transformer,
  cacheFS,
  coverage,
  testPath,
  globalConfig,
) {
  const Loader = sharesModules(testPath) ? SharedModules : OwnModules;
  return new Loader(config, environment, resolver, transformer, cacheFS, coverage, testPath, globalConfig);
}

/** Holds what the test framework wants to find again in all that a test awaits; no two tests run at once. */
class CurrentTest {
  #store;

  getStore() {
    return this.#store;
  }

  async run(store, work) {
    const before = this.#store;
    this.#store = store;
    try {
      return await work();
    } finally {
      this.#store = before;
    }
  }
}

/**
 * Loads the test framework with it in place of Node's own, for which Node 20 does something at each promise that is made, and does so for that
 * of every suite before: after a hundred suites an await took forty times as long as in the first.
 */
function withCurrentTest(load) {
  const { AsyncLocalStorage } = asyncHooks;
  asyncHooks.AsyncLocalStorage = CurrentTest;
  try {
    return load();
  } finally {
    asyncHooks.AsyncLocalStorage = AsyncLocalStorage;
  }
}

function loadPackage(url) {
  let loading = packages.get(url);
  if (loading === undefined) {
    loading = importPackage(url);
    packages.set(url, loading);
  }
  return loading;
}

async function importPackage(url) {
  const attributes = url.endsWith(".json") ? { with: { type: "json" } } : undefined;
  const exports = await keepLoaded(() => import(url, attributes));
  return synthetic(url, exports);
}

function synthetic(identifier, exports) {
  const names = Object.keys(exports);
  return new SyntheticModule(
    names,
    function () {
      for (const name of names) this.setExport(name, exports[name]);
    },
    { identifier },
  );
}

/** Links a module with all that it imports, one module at a time: two that have a part in common would each find it half done. */
async function link(module) {
  const before = linked;
  const { promise, resolve } = withResolvers();
  linked = promise;
  await before;
  try {
    if (module.status === "unlinked")
      await module.link((specifier, importer) => current.resolve(specifier, importer.identifier));
  } finally {
    resolve();
  }
}

async function evaluate(module) {
  if (module.status === "unlinked" || module.status === "linking") await link(module);
  if (module.status === "linked") evaluations.set(module, module.evaluate());
  await evaluations.get(module);
  // Another module that imports it is being evaluated, and waits for something at its top level.
  while (module.status === "evaluating") await new Promise((resolve) => setImmediate(resolve));
  if (module.status === "errored") throw module.error;
  return module;
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
