import type { AnyBulkWriteOperation, Collection, FindOptions, UpdateFilter } from "mongodb";
import type { Envelope } from "./envelope.ts";
import type { FieldEncryption } from "./field-encryption.ts";

type Data = Readonly<Record<string, unknown>>;
type Change = UpdateFilter<Envelope>;
type Handle = Collection<Envelope>;

/**
 * The driver's collection with fields of the data encrypted on their way to the server, and decrypted on their way back. Filters and
 * pipelines pass as they are: they cannot name such a field. A change stream's documents are decrypted by who reads it.
 */
export function encryptCollection(handle: Handle, encryption: FieldEncryption, prefix: string): Handle {
  const idOf = (key: unknown) => String(key).slice(prefix.length);
  const encryptDocument = async (document: Envelope): Promise<Envelope> => ({
    ...document,
    data: await encryption.encrypt(idOf(document._id), document.data),
  });
  const encryptChange = async (filter: object, change: Change): Promise<Change> => {
    const set = change.$set as Data | undefined;
    if (set === undefined) return change;
    const id = idOf((filter as { readonly _id: string })._id);
    const result: Record<string, unknown> = { ...set };
    if (set.data !== undefined) result.data = await encryption.encrypt(id, set.data as Data);
    const named = Object.fromEntries(
      encryption.fields.flatMap((field) => {
        const value = set[`data.${field}`];
        return value === undefined ? [] : [[field, value]];
      }),
    );
    for (const [field, value] of Object.entries(await encryption.encrypt(id, named)))
      result[`data.${field}`] = value;
    return { ...change, $set: result } as Change;
  };
  const encryptOperation = async (
    operation: AnyBulkWriteOperation<Envelope>,
  ): Promise<AnyBulkWriteOperation<Envelope>> => {
    if ("insertOne" in operation)
      return { insertOne: { document: await encryptDocument(operation.insertOne.document as Envelope) } };
    if (!("updateOne" in operation)) return operation;
    const { filter, update } = operation.updateOne;
    return { updateOne: { ...operation.updateOne, update: await encryptChange(filter, update as Change) } };
  };
  const own: Partial<Record<keyof Handle, unknown>> = {
    insertOne: async (document: Envelope, options: object) =>
      handle.insertOne((await encryptDocument(document)) as never, options),
    updateOne: async (filter: object, change: Change, options: object) =>
      handle.updateOne(filter, await encryptChange(filter, change), options),
    findOneAndUpdate: async (filter: object, change: Change, options: object) => {
      const found = await handle.findOneAndUpdate(filter, await encryptChange(filter, change), options);
      return found === null ? null : encryption.decrypt(found);
    },
    bulkWrite: async (operations: readonly AnyBulkWriteOperation<Envelope>[], options: object) =>
      handle.bulkWrite(await Promise.all(operations.map(encryptOperation)), options),
    findOne: async (filter: object, options: object) => {
      const found = await handle.findOne(filter, options);
      return found === null ? null : encryption.decrypt(found);
    },
    find: (filter: object, options: FindOptions) => {
      const cursor = handle.find(filter, options);
      return {
        close: () => cursor.close(),
        toArray: async () => Promise.all((await cursor.toArray()).map((each) => encryption.decrypt(each))),
        async *[Symbol.asyncIterator]() {
          for await (const each of cursor) yield await encryption.decrypt(each);
        },
      };
    },
  };
  return new Proxy(handle, {
    get(target, name) {
      const member = own[name as keyof Handle] ?? Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
