import type { JobId, WorkspaceId } from "../ids.ts";
import type { QueryOptions } from "../statement.ts";
import type { Limits } from "./call.ts";
import { newId } from "./envelope.ts";
import { afterPrefix } from "./layout.ts";
import type { FoundPayload } from "./payload.ts";
import {
  ask,
  callOf,
  change,
  erase,
  filesIn,
  type JobPlace,
  opened,
  type PayloadChunk,
  type Place,
  placeOf,
  range,
} from "./payload-store.ts";
import type { Store } from "./target.ts";
import { outcomeUnknown } from "./translate.ts";

/** Deletes all payloads of a job, or of a workspace, whose keys begin so. */
export async function erasePayloads(
  store: Store,
  workspace: WorkspaceId,
  job: JobId | undefined,
  options: QueryOptions | undefined,
): Promise<void> {
  const place = placeOf(store, workspace);
  const prefix = job === undefined ? `${workspace}/` : `${workspace}/${job}/`;
  const all = { _id: { $gte: prefix, $lt: afterPrefix(prefix) } };
  await change(place, "delete", options, async (limits) => {
    const { deletedCount } = await place.files.deleteMany(all, limits);
    await place.chunks.deleteMany(all, limits).catch((error: unknown) => {
      throw deletedCount > 0 ? outcomeUnknown("delete payloads", error) : error;
    });
  });
}

/** All payloads of a workspace, those that are uploaded too. */
export async function* payloadsIn(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): AsyncGenerator<FoundPayload, void, undefined> {
  for await (const { _id, uploadDate, length } of filesIn(
    placeOf(store, workspace),
    `${workspace}/`,
    options,
  )) {
    const [, job, id] = _id.split("/");
    yield { job: job as JobId, id: id!, at: uploadDate, isWhole: length !== undefined };
  }
}

/**
 * Deletes what uploads that were broken off have left: those that began before a time, and chunks of which nothing says that they
 * are there. Gives how many payloads that were.
 */
export async function sweepPayloads(
  store: Store,
  workspace: WorkspaceId,
  before: Date,
  options: QueryOptions | undefined,
): Promise<number> {
  const place = placeOf(store, workspace);
  let swept = 0;
  for await (const { _id, uploadDate, length, upload } of filesIn(place, `${workspace}/`, options))
    if (length === undefined && uploadDate < before && (await erase(place, _id, upload, options))) swept++;
  const end = afterPrefix(`${workspace}/`);
  for (let from = `${workspace}/`; ; ) {
    const next = await ask(place, "find", options, (limits) =>
      place.chunks.findOne(
        { _id: { $gte: from, $lt: end } },
        { ...limits, sort: { _id: 1 }, projection: { files_id: 1, upload: 1 } },
      ),
    );
    if (next === null) return swept;
    const { files_id: key, upload } = next;
    const file = await ask(place, "find", options, (limits) => place.files.findOne({ _id: key }, limits));
    if (file === null && (await erase(place, key, upload, options))) swept++;
    from = afterPrefix(`${key}/`);
  }
}

/** The bytes of all payloads of a workspace, as far as they are uploaded. */
export async function payloadBytes(
  store: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): Promise<number> {
  const place = placeOf(store, workspace);
  const stages = [
    { $match: { _id: { $gte: `${workspace}/`, $lt: afterPrefix(`${workspace}/`) } } },
    { $group: { _id: null, bytes: { $sum: { $binarySize: "$data" } } } },
  ];
  const [sum] = await ask(place, "aggregate", options, (limits) =>
    place.chunks.aggregate<{ bytes: number | bigint }>(stages, limits).toArray(),
  );
  return Number(sum?.bytes ?? 0);
}

/** Makes the other side's payloads of a workspace what this side's are; gives how many were copied or erased. */
export async function copyPayloads(
  from: Store,
  to: Store,
  workspace: WorkspaceId,
  options: QueryOptions | undefined,
): Promise<number> {
  const [source, target] = [placeOf(from, workspace), placeOf(to, workspace)];
  const isSame = await sharesPayloads(source, target, options);
  if (isSame) return 0;
  let number = 0;
  const prefix = `${workspace}/`;
  for await (const { _id } of filesIn(target, prefix, options))
    if (
      (await ask(source, "find", options, (limits) => source.files.findOne({ _id }, limits))) === null &&
      (await erase(target, _id, newId(), options))
    )
      number++;
  for await (const file of filesIn(source, prefix, options)) {
    const { _id, length } = file;
    if (length === undefined) continue;
    const there = await ask(target, "find", options, (limits) => target.files.findOne({ _id }, limits));
    if (there?.upload === file.upload) continue;
    if (there !== null) await erase(target, _id, newId(), options);
    const open = (limits: Limits) =>
      source.chunks.find(range(_id), { ...limits, sort: { _id: 1 }, promoteBuffers: false });
    for await (const chunk of from.caller.stream(callOf(source, "find", false), options, open)) {
      const { _id: key, ...rest } = chunk as PayloadChunk;
      await change(target, "update", options, (limits) =>
        target.chunks.replaceOne({ _id: key }, rest, { ...limits, upsert: true }),
      );
    }
    // It is there once all of it is.
    const { _id: key, ...rest } = file;
    await change(target, "update", options, (limits) =>
      target.files.replaceOne({ _id: key }, rest, { ...limits, upsert: true }),
    );
    number++;
  }
  return number;
}

/** Tells whether both sides are one place: two layouts in one database have the same payloads. */
async function sharesPayloads(
  source: Place,
  target: Place,
  options: QueryOptions | undefined,
): Promise<boolean> {
  if (source.database !== target.database) return false;
  const probe = { _id: `~probe/${newId()}`, filename: "", chunkSize: 0, uploadDate: new Date(), upload: "" };
  const file = { ...probe, metadata: { contentType: "" } };
  await change(source, "insert", options, (limits) => source.files.insertOne(file, limits));
  const found = await ask(target, "find", options, (limits) =>
    target.files.findOne({ _id: file._id }, limits),
  );
  await change(source, "delete", options, (limits) => source.files.deleteOne({ _id: file._id }, limits));
  return found !== null;
}

/** Encrypts anew what is in the clear or under a key that is no longer the current one; gives how many chunks. */
export async function reencryptPayloads(place: JobPlace, options: QueryOptions | undefined): Promise<number> {
  const { store, chunks, prefix, encryption } = place;
  if (encryption === undefined) return 0;
  await encryption.renewKey();
  let number = 0;
  const all = { _id: { $gte: prefix, $lt: afterPrefix(prefix) } };
  const open = (limits: Limits) => chunks.find(all, limits);
  for await (const chunk of store.caller.stream(callOf(place, "find", false), options, open)) {
    const { _id, upload, data } = chunk as PayloadChunk;
    if (!(await encryption.isOutdated({ data: { data } }))) continue;
    const bytes = await opened(encryption, chunk as PayloadChunk);
    const sealed = await encryption.encrypt(_id.slice(prefix.length), { data: bytes });
    await change(place, "update", options, (limits) =>
      chunks.updateOne({ _id, upload }, { $set: { data: sealed.data } }, limits),
    );
    number++;
  }
  return number;
}
