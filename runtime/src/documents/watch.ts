import type { ChangeStream, ChangeStreamOptions, Document } from "mongodb";
import type { QueryOptions } from "../statement.ts";
import type { StoredDocument } from "./declaration.ts";
import { decode, type Envelope } from "./envelope.ts";
import { DocumentCommandError, RefusedError } from "./errors.ts";
import { fromToken, toToken } from "./extended-json.ts";
import { afterPrefix, type Place } from "./layout.ts";
import { callOf, type Target } from "./target.ts";
import { readable } from "./unreadable.ts";
import { isPlain } from "./values.ts";

export interface WatchOptions extends QueryOptions {
  /** `resumeToken` of the last change that was dealt with: goes on after it. */
  readonly resumeAfter?: string;
  /** How long the server waits for a change before it answers with none; milliseconds (1000). */
  readonly maxAwaitTime?: number;
}

/** Something that has happened to a document. Keep `resumeToken` once it is dealt with. */
export type Change<T> =
  | {
      readonly type: "insert" | "update" | "replace";
      readonly id: string;
      /**
       * As it is now, which may be later than the change; null where it is deleted by now. One that this release cannot
       * read is an UnreadableDocument, and the changes after it follow.
       */
      readonly document: StoredDocument<T> | null;
      readonly resumeToken: string;
    }
  | { readonly type: "delete"; readonly id: string; readonly resumeToken: string }
  /** The collection was dropped; the stream ends. */
  | { readonly type: "dropped"; readonly resumeToken: string };

// biome-ignore lint/suspicious/noExplicitAny: the class that uses this has the types
type Any = any;

/** Ends with the loop, the signal, the deadline, or the collection. The driver resumes by itself after a lost connection. */
export async function* watch(
  target: Target,
  options: WatchOptions = {},
): AsyncGenerator<Change<Any>, void, undefined> {
  const { store, handle, place, declaration } = target;
  if (target.transaction !== undefined)
    throw new RefusedError("changes cannot be watched within a transaction");
  const driver: ChangeStreamOptions = {
    fullDocument: "updateLookup",
    maxAwaitTimeMS: options.maxAwaitTime ?? 1_000,
    ...(options.resumeAfter === undefined ? {} : { resumeAfter: readToken(options.resumeAfter) }),
  };
  const changes = store.caller.stream(callOf(target, "watch", false), options, ({ signal }) =>
    open(handle.watch<Envelope>(pipelineOf(place), driver), signal),
  );
  const documentOf = async (found: Envelope) => {
    const stored = target.encryption === undefined ? found : await target.encryption.decrypt(found);
    return readable(place, stored, () => decode(declaration, place, stored));
  };
  for await (const event of options.resumeAfter === undefined ? changes : afterToken(changes)) {
    const resumeToken = writeToken(event._id as Document);
    switch (event.operationType) {
      case "insert":
      case "update":
      case "replace": {
        const stored = event.fullDocument;
        yield {
          type: event.operationType,
          id: idOf(place, event.documentKey),
          document: stored == null ? null : await documentOf(stored as Envelope),
          resumeToken,
        };
        break;
      }
      case "delete":
        yield { type: "delete", id: idOf(place, event.documentKey), resumeToken };
        break;
      case "drop":
      case "rename":
      case "dropDatabase":
      case "invalidate":
        yield { type: "dropped", resumeToken };
        return;
    }
  }
}

/** By the key, which is all that is known of a document that was deleted. */
function pipelineOf({ prefix }: Place): Document[] {
  const own = { "documentKey._id": { $gte: prefix, $lt: afterPrefix(prefix) } };
  return [{ $match: { $or: [own, { documentKey: { $exists: false } }] } }];
}

/** A change stream knows no signal: it is closed. */
function open(stream: ChangeStream<Envelope>, signal: AbortSignal | undefined) {
  const close = () => stream.close();
  signal?.addEventListener("abort", close, { once: true });
  return {
    close,
    async *[Symbol.asyncIterator]() {
      try {
        yield* stream;
      } finally {
        signal?.removeEventListener("abort", close);
      }
      signal?.throwIfAborted();
    },
  };
}

function idOf({ prefix }: Place, key: unknown): string {
  return (key as { readonly _id: string })._id.slice(prefix.length);
}

function writeToken(token: Document): string {
  return toToken(token);
}

function readToken(text: string): Document {
  let token: unknown;
  try {
    token = fromToken(text);
  } catch {
    // Said below.
  }
  if (!isPlain(token)) throw new RefusedError("`resumeAfter` is no resume token");
  return token;
}

/** What a server says of the user, and not of the token. */
const FORBIDDEN = new Set([13, 18, 8000]);

/** Changes that go on after a token. That a server does not take it has many numbers, which say nothing to who has kept it. */
async function* afterToken<T>(changes: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  let hasBegun = false;
  try {
    for await (const change of changes) {
      hasBegun = true;
      yield change;
    }
  } catch (error) {
    const isRefused = error instanceof DocumentCommandError && !FORBIDDEN.has(error.code ?? 0);
    if (hasBegun || !isRefused) throw error;
    throw new RefusedError(
      `the server cannot go on after \`resumeAfter\` (error ${error.code}): it is no token of its own, or older than what it keeps`,
      [],
      { cause: error },
    );
  }
}
