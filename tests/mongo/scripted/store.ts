import { isDeepStrictEqual } from "node:util";
import { type Document, EJSON, Long } from "bson";
import { Aggregator, Query, update } from "mingo";

/** An error that the server answers with. */
export class CommandError extends Error {
  readonly reply: Document;
  constructor(code: number, message: string, more: Document = {}) {
    super(message);
    this.reply = { ok: 0, code, errmsg: message, codeName: `Code${code}`, ...more };
  }
}

interface Index extends Document {
  readonly name: string;
  readonly key: Record<string, number>;
  readonly unique?: boolean;
  readonly partialFilterExpression?: Document;
}

interface Collection {
  documents: Document[];
  readonly options: Document;
  readonly indexes: Index[];
}

type Command = (command: Document, namespace: string) => Document;

/**
 * The data behind the scripted server: enough of MongoDB's commands for the accessor, one after the other, in memory.
 * A command or stage that it does not know is an error.
 */
export class Store {
  #collections = new Map<string, Collection>();
  #before: Map<string, Collection> | undefined;
  /** What has happened, for change streams. */
  readonly events: Document[] = [];
  readonly #cursors = new Map<string, { readonly pipeline: Document[]; at: number; namespace: string }>();

  run(command: Document): Document {
    const [name = ""] = Object.keys(command);
    const handler = this.#commands[name];
    if (handler === undefined) throw new CommandError(59, `no such command: '${name}'`);
    if (command.startTransaction === true) this.#before = structuredCopy(this.#collections);
    try {
      return { ...handler(command, `${command.$db}.${command[name]}`), ok: 1 };
    } catch (error) {
      if (command.autocommit === false) this.#rollBack();
      throw error;
    }
  }

  #rollBack(): void {
    if (this.#before !== undefined) this.#collections = this.#before;
    this.#before = undefined;
  }

  readonly #commands: Record<string, Command> = {
    ping: () => ({}),
    buildInfo: () => ({ version: "0.0.0-scripted" }),
    endSessions: () => ({}),
    killCursors: () => ({}),
    commitTransaction: () => {
      if (this.#before === undefined)
        throw new CommandError(251, "no such transaction", { errorLabels: ["TransientTransactionError"] });
      this.#before = undefined;
      return {};
    },
    abortTransaction: () => {
      this.#rollBack();
      return {};
    },
    create: ({ create: _, $db: _db, validator }, namespace) => {
      if (this.#collections.has(namespace)) throw new CommandError(48, "Collection already exists");
      this.#collections.set(namespace, {
        documents: [],
        options: validator ? { validator } : {},
        indexes: [],
      });
      return {};
    },
    collMod: ({ validator }, namespace) => {
      Object.assign(this.#collection(namespace).options, { validator });
      return {};
    },
    createIndexes: ({ indexes }, namespace) => {
      const collection = this.#collection(namespace);
      for (const index of indexes as Index[]) {
        const same = collection.indexes.find(({ name }) => name === index.name);
        const equal = collection.indexes.find((each) =>
          isDeepStrictEqual(definitionOf(each), definitionOf(index)),
        );
        if (equal !== undefined && equal.name !== index.name)
          throw new CommandError(85, `Index already exists with a different name: ${equal.name}`);
        if (same === undefined) collection.indexes.push(index);
        else if (!isDeepStrictEqual(plain(same), plain(index)))
          throw new CommandError(86, "An existing index has the same name as the requested index");
      }
      return {};
    },
    listIndexes: (_, namespace) => {
      const own = { name: "_id_", key: { _id: 1 } };
      return firstBatch(namespace, [own, ...this.#collection(namespace).indexes]);
    },
    listCollections: ({ $db, filter = {} }) => {
      const all = [...this.#collections].flatMap(([namespace, { options }]) =>
        namespace.startsWith(`${$db}.`) ? [{ name: namespace.slice($db.length + 1), options }] : [],
      );
      return firstBatch(`${$db}.$cmd.listCollections`, all.filter(matching(filter)));
    },
    drop: (_, namespace) => {
      this.#collections.delete(namespace);
      this.events.push({ operationType: "drop", ns: namespace });
      return {};
    },
    renameCollection: ({ renameCollection: from, to, dropTarget = false }) => {
      const collection = this.#collections.get(from);
      if (collection === undefined) throw new CommandError(26, "Source collection does not exist");
      if (!dropTarget && this.#collections.has(to)) throw new CommandError(48, "target namespace exists");
      this.#collections.delete(from);
      this.#collections.set(to, collection);
      return {};
    },
    dropDatabase: ({ $db }) => {
      for (const namespace of this.#collections.keys())
        if (namespace.startsWith(`${$db}.`)) this.#collections.delete(namespace);
      return {};
    },
    insert: ({ documents, ordered = true }, namespace) =>
      this.#writeAll(documents, ordered, (document) => {
        this.#put(namespace, document);
        return { n: 1 };
      }),
    update: ({ updates, ordered = true }, namespace) =>
      this.#writeAll(updates, ordered, (each, index) => {
        const { matched, upserted } = this.#update(namespace, each.q, each.u, each.upsert, each.multi);
        return upserted === undefined
          ? { n: matched, nModified: matched }
          : { n: 1, nModified: 0, upserted: [{ index, _id: upserted }] };
      }),
    delete: ({ deletes, ordered = true }, namespace) =>
      this.#writeAll(deletes, ordered, ({ q, limit }) => {
        const collection = this.#collection(namespace);
        const found = collection.documents.filter(matching(q)).slice(0, limit || undefined);
        collection.documents = collection.documents.filter((each) => !found.includes(each));
        for (const { _id } of found)
          this.events.push({ operationType: "delete", ns: namespace, documentKey: { _id } });
        return { n: found.length };
      }),
    findAndModify: ({ query, update: change, upsert, new: after }, namespace) => {
      const before = this.#collection(namespace).documents.find(matching(query)) ?? null;
      const { upserted } = this.#update(namespace, query, change, upsert, false);
      const _id = upserted ?? before?._id;
      const now = this.#collection(namespace).documents.find((each) => isDeepStrictEqual(each._id, _id));
      return { value: after ? (now ?? null) : before };
    },
    find: ({ filter = {}, sort, limit, projection }, namespace) => {
      const stages = [
        { $match: filter },
        ...(sort ? [{ $sort: sort }] : []),
        ...(limit ? [{ $limit: Number(limit) }] : []),
        ...(projection ? [{ $project: projection }] : []),
      ];
      return firstBatch(namespace, this.#aggregate(namespace, stages));
    },
    aggregate: ({ pipeline }, namespace) => {
      if ("$changeStream" in (pipeline[0] ?? {})) return this.#openStream(pipeline, namespace);
      return firstBatch(namespace, this.#aggregate(namespace, pipeline));
    },
    getMore: ({ getMore, $db, collection }) => {
      const cursor = this.#cursors.get(String(getMore));
      if (cursor === undefined) throw new CommandError(43, "cursor not found");
      const nextBatch = this.#news(cursor);
      return {
        cursor: {
          id: getMore,
          ns: `${$db}.${collection}`,
          nextBatch,
          postBatchResumeToken: token(cursor.at),
        },
      };
    },
  };

  #collection(namespace: string): Collection {
    let collection = this.#collections.get(namespace);
    if (collection === undefined) {
      collection = { documents: [], options: {}, indexes: [] };
      this.#collections.set(namespace, collection);
    }
    return collection;
  }

  #writeAll(
    items: Document[],
    ordered: boolean,
    write: (item: Document, index: number) => Document,
  ): Document {
    const writeErrors: Document[] = [];
    const upserted: Document[] = [];
    let n = 0;
    let nModified = 0;
    for (const [index, item] of items.entries()) {
      try {
        const result = write(item, index);
        n += result.n;
        nModified += result.nModified ?? 0;
        upserted.push(...(result.upserted ?? []));
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        writeErrors.push({ index, ...error.reply });
        if (ordered) break;
      }
    }
    return {
      n,
      nModified,
      ...(upserted.length ? { upserted } : {}),
      ...(writeErrors.length ? { writeErrors } : {}),
    };
  }

  #put(namespace: string, document: Document, old?: Document): void {
    const collection = this.#collection(namespace);
    const others = collection.documents.filter((each) => each !== old);
    const unique: Index[] = [{ name: "_id_", key: { _id: 1 }, unique: true }, ...collection.indexes];
    for (const index of unique.filter(({ unique }) => unique)) {
      const covered = matching(index.partialFilterExpression ?? {});
      const values = (each: Document) => Object.keys(index.key).map((path) => plain(valueAt(each, path)));
      const same = (each: Document) => covered(each) && isDeepStrictEqual(values(each), values(document));
      if (covered(document) && others.some(same))
        throw new CommandError(
          11000,
          `E11000 duplicate key error collection: ${namespace} index: ${index.name} dup key: { secret: 1 }`,
        );
    }
    collection.documents = [...others, document];
    const operationType = old === undefined ? "insert" : "update";
    const { _id } = document;
    this.events.push({ operationType, ns: namespace, documentKey: { _id }, fullDocument: document });
  }

  #update(namespace: string, query: Document, change: Document, upsert = false, multi = false) {
    const found = this.#collection(namespace)
      .documents.filter(matching(query))
      .slice(0, multi ? undefined : 1);
    const { $setOnInsert, ...modifier } = change;
    for (const old of found) {
      const changed = structuredClone(old);
      update(changed, modifier);
      this.#put(namespace, changed, old);
    }
    if (found.length > 0 || !upsert) return { matched: found.length };
    const made: Document = { _id: query._id, ...$setOnInsert };
    update(made, modifier);
    this.#put(namespace, made);
    return { matched: 0, upserted: made._id };
  }

  #aggregate(namespace: string, pipeline: Document[]): Document[] {
    return new Aggregator(pipeline).run(this.#collections.get(namespace)?.documents ?? []) as Document[];
  }

  #openStream([first, ...pipeline]: Document[], namespace: string): Document {
    const { $changeStream } = first as Document;
    const from = $changeStream.resumeAfter ?? $changeStream.startAfter;
    const at = from === undefined ? this.events.length : Number(from._data);
    const id = Long.fromNumber(1_000 + this.#cursors.size);
    this.#cursors.set(String(id), { pipeline, at, namespace });
    return { cursor: { id, ns: namespace, firstBatch: [], postBatchResumeToken: token(at) } };
  }

  #news(cursor: { readonly pipeline: Document[]; at: number; namespace: string }): Document[] {
    const events = this.events
      .map((event, index) => ({ ...event, _id: token(index + 1) }))
      .slice(cursor.at)
      .filter((event) => (event as Document).ns === cursor.namespace);
    cursor.at = this.events.length;
    return new Aggregator(cursor.pipeline).run(events) as Document[];
  }
}

function token(at: number): Document {
  return { _data: String(at) };
}

function firstBatch(ns: string, documents: Document[]): Document {
  return { cursor: { id: Long.ZERO, ns, firstBatch: documents } };
}

function matching(filter: Document): (document: Document) => boolean {
  const query = new Query(filter);
  return (document) => query.test(document);
}

function valueAt(document: Document, path: string): unknown {
  return path.split(".").reduce<unknown>((value, step) => (value as Document | undefined)?.[step], document);
}

function definitionOf({ name: _, ...definition }: Index): unknown {
  return plain(definition);
}

/** Comparable: prototypes and numbers' classes aside. */
function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(EJSON.stringify({ value })).value;
}

function structuredCopy(collections: Map<string, Collection>): Map<string, Collection> {
  return new Map([...collections].map(([name, each]) => [name, { ...each, documents: [...each.documents] }]));
}
