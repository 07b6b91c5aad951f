import type { QueryInfo } from "../statement.ts";
import { ATTRIBUTE } from "./conventions.ts";
import type { Attributes } from "./opentelemetry.ts";
import { LONGEST_TEXT, sanitize } from "./sanitize.ts";
import type { DocumentTarget } from "./telemetry.ts";

/** All about an operation that is known before it runs; made once for each statement. */
export interface Description {
  readonly text: string;
  /** The span's name. */
  readonly name: string;
  readonly spanAttributes: Attributes;
  readonly metricAttributes: Attributes;
  /** Those of the number of rows returned; undefined where that is no question. */
  readonly rowsAttributes: Attributes | undefined;
  /** The parameters to record: where each stands, and its attribute. */
  readonly recorded: readonly { readonly index: number; readonly attribute: string }[];
}

export interface DescribeOptions {
  /** System, namespace and server. */
  readonly database: Attributes;
  readonly recordText: boolean;
  readonly recordParameters: readonly string[];
}

const LONGEST_SUMMARY = 255;

export function describeStatement(info: QueryInfo, text: string, options: DescribeOptions): Description {
  return describe(
    {
      ...info,
      texts: [{ info, text }],
      returnsRows: returnsRows(info),
      recorded: recorded(info, options),
    },
    options,
  );
}

export function describeCopy(info: QueryInfo, text: string, options: DescribeOptions): Description {
  return describe({ ...info, operation: "COPY", texts: [{ info, text }], returnsRows: false }, options);
}

/** Of two statements or more: what they have in common stays, and `BATCH` goes in front. */
export function describeBatch(
  infos: readonly QueryInfo[],
  texts: readonly string[],
  options: DescribeOptions,
): Description {
  const all = infos.map((info, i) => ({ info, text: texts[i]! }));
  const isOne = common(all, ({ text }) => text) !== undefined;
  return describe(
    {
      name: prefixed(common(infos, (info) => info.name)),
      operation: prefixed(common(infos, (info) => info.operation)),
      collection: common(infos, (info) => info.collection),
      texts: isOne ? all.slice(0, 1) : all,
      returnsRows: infos.some(returnsRows),
    },
    options,
  );
}

/** A document operation. Its collection and database may be some of very many, so metrics do not have them. */
export function describeDocuments(
  operation: string,
  summary: string,
  { collection, namespace, batchSize }: DocumentTarget,
  database: Attributes,
): Description {
  const name = summary.slice(0, LONGEST_SUMMARY);
  const metricAttributes = { ...database, [ATTRIBUTE.operation]: operation, [ATTRIBUTE.summary]: name };
  const spanAttributes: Attributes = { ...metricAttributes };
  if (namespace !== undefined) spanAttributes[ATTRIBUTE.namespace] = namespace;
  // A ping, for one, has none.
  if (collection !== "") spanAttributes[ATTRIBUTE.collection] = collection;
  if (batchSize !== undefined && batchSize !== 1) spanAttributes[ATTRIBUTE.batchSize] = batchSize;
  return {
    text: "",
    name,
    spanAttributes,
    metricAttributes,
    rowsAttributes: rowsAttributes(name, database),
    recorded: [],
  };
}

interface Parts {
  readonly name: string;
  readonly operation: string;
  readonly collection?: string | undefined;
  /** What is sent, with what is known of it. */
  readonly texts: readonly { readonly info: QueryInfo; readonly text: string }[];
  readonly returnsRows: boolean;
  readonly recorded?: Description["recorded"];
}

function describe(parts: Parts, { database, recordText }: DescribeOptions): Description {
  const { operation, collection, texts } = parts;
  const summary = parts.name.slice(0, LONGEST_SUMMARY);
  const metricAttributes: Attributes = { ...database };
  if (summary !== "") metricAttributes[ATTRIBUTE.summary] = summary;
  if (operation !== "") metricAttributes[ATTRIBUTE.operation] = operation;
  if (collection !== undefined) metricAttributes[ATTRIBUTE.collection] = collection;
  return {
    text: texts.length === 1 ? texts[0]!.text : "",
    name: spanName(summary, operation, collection, database),
    spanAttributes: recordText
      ? { ...metricAttributes, [ATTRIBUTE.text]: recordable(texts) }
      : metricAttributes,
    metricAttributes: sorted(metricAttributes),
    rowsAttributes: parts.returnsRows ? rowsAttributes(summary, database) : undefined,
    recorded: parts.recorded ?? [],
  };
}

/** The text as it may be recorded: what analysis has not seen may have values in it. */
function recordable(texts: Parts["texts"]): string {
  const all = texts.map(({ info, text }) => (info.isAdHoc === true ? sanitize(text) : text));
  return all.length === 1 ? all[0]! : all.join("; ").slice(0, LONGEST_TEXT);
}

/** A number of rows is a question for queries and for what an ad hoc statement may be; `:exec` throws away what comes. */
function returnsRows({ command, isAdHoc }: QueryInfo): boolean {
  return isAdHoc === true || !/^:(batch)?exec/.test(command);
}

/**
 * Fewer than the duration has, since the SDK's time goes into comparing attributes, and the query's name says the operation
 * and the collection.
 */
function rowsAttributes(summary: string, database: Attributes): Attributes {
  const attributes: Attributes = { [ATTRIBUTE.system]: database[ATTRIBUTE.system] };
  const namespace = database[ATTRIBUTE.namespace];
  if (namespace !== undefined) attributes[ATTRIBUTE.namespace] = namespace;
  if (summary !== "") attributes[ATTRIBUTE.summary] = summary;
  return sorted(attributes);
}

/** The same in the order of their names: the SDK sorts them for each value that is recorded, which is quicker then. */
export function sorted(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The summary; a statement without a name is called after what it does. */
function spanName(
  summary: string,
  operation: string,
  collection: string | undefined,
  database: Attributes,
): string {
  if (summary !== "") return summary;
  const target = collection ?? database[ATTRIBUTE.namespace] ?? database[ATTRIBUTE.serverAddress];
  const words = [operation, target].filter((word) => word !== "" && word !== undefined);
  return words.length > 0 ? words.join(" ") : String(database[ATTRIBUTE.system]);
}

function recorded(info: QueryInfo, { recordParameters }: DescribeOptions): Description["recorded"] {
  const wanted = new Set(recordParameters.map(comparable));
  if (wanted.size === 0) return [];
  const isWanted = (name: string): boolean =>
    wanted.has(comparable(name)) || wanted.has(comparable(`${info.name}.${name}`));
  if (info.parameters !== undefined)
    return info.parameters.flatMap((name, index) =>
      isWanted(name) ? [{ index, attribute: ATTRIBUTE.parameter + name }] : [],
    );
  // Parameters without names are known by position, from 0, as the conventions count.
  const start = `${comparable(info.name)}.`;
  return [...wanted]
    .filter((one) => one.startsWith(start) && /^\d+$/.test(one.slice(start.length)))
    .map((one) => ({
      index: Number(one.slice(start.length)),
      attribute: ATTRIBUTE.parameter + one.slice(start.length),
    }));
}

/** A parameter is `workspace_id` in the query and `workspaceId` in the function. */
const comparable = (name: string): string => name.replaceAll("_", "").toLowerCase();

function common<T, K>(all: readonly T[], key: (one: T) => K): K | undefined {
  const first = key(all[0] as T);
  return all.every((one) => key(one) === first) ? first : undefined;
}

function prefixed(word: string | undefined): string {
  return word === undefined || word === "" ? "BATCH" : `BATCH ${word}`;
}
