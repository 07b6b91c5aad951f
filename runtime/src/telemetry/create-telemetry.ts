import type { QueryInfo } from "../statement.ts";
import { loadApi, VERSION } from "./api.ts";
import { ATTRIBUTE, DEFAULT_PORT } from "./conventions.ts";
import { type Instruments, instrumentSource } from "./instruments.ts";
import type {
  Attributes,
  Histogram,
  MeterProvider,
  OpenTelemetryApi,
  Span,
  Tracer,
  TracerProvider,
} from "./opentelemetry.ts";
import { ClientOperation, StepOperation } from "./operations.ts";
import { claimName } from "./pool-names.ts";
import { reporting, unreported } from "./reporting.ts";
import {
  type DescribeOptions,
  type Description,
  describeBatch,
  describeCopy,
  describeDocuments,
  describeStatement,
  sorted,
} from "./statements.ts";
import {
  noTelemetry,
  nothing,
  type Operation,
  type PoolGauge,
  type ReportedServer,
  type Telemetry,
} from "./telemetry.ts";
import { tracerSource } from "./tracer.ts";

export interface TelemetryOptions {
  /** Goes before `host:port/namespace`, which names a pool in metrics where it has no `name` of its own. */
  readonly poolName?: string | undefined;
  /** Whether spans carry the statement's text, with placeholders for its parameters (true). */
  readonly recordQueryText?: boolean | undefined;
  /** Whether spans carry the number of rows returned (false); the metric has it in any case. */
  readonly recordReturnedRows?: boolean | undefined;
  /**
   * The parameters whose values spans carry (none): `workspace_id` (or `workspaceId`) of every query, `GetAgent.workspace_id`
   * of one; of an ad hoc statement, whose parameters have no names, `execute.0` by position. Never of a batch.
   */
  readonly recordParameters?: readonly string[] | undefined;
  /** Whether only work inside another span gets one (false), as otelpgx has it. Metrics are not concerned. */
  readonly requireParentSpan?: boolean | undefined;
  /** In place of the providers that the application registered with OpenTelemetry. */
  readonly tracerProvider?: TracerProvider | undefined;
  readonly meterProvider?: MeterProvider | undefined;
  /** OpenTelemetry's API; for bundles, which cannot load a package that may be missing. */
  readonly api?: OpenTelemetryApi | undefined;
}

const SCOPE = "@solitude/runtime";

/** What all servers of one createTelemetry share. */
interface Reporter {
  readonly api: OpenTelemetryApi;
  readonly options: TelemetryOptions;
  readonly tracer: () => Tracer | undefined;
  readonly instruments: () => Instruments | undefined;
  readonly pools: Map<() => PoolGauge, Attributes>;
  readonly collections: Map<() => number | undefined, Attributes>;
}

/**
 * Reports to OpenTelemetry, after its conventions for database clients. Works before the SDK is registered and after it is
 * replaced; reports nothing where `@opentelemetry/api` is not installed. One is enough for all pools: each says where it is.
 */
export function createTelemetry(options: TelemetryOptions = {}): Telemetry {
  const api = options.api ?? loadApi();
  if (api === undefined) return noTelemetry;
  const scope = { name: SCOPE, version: VERSION };
  const pools = new Map<() => PoolGauge, Attributes>();
  const collections = new Map<() => number | undefined, Attributes>();
  const findTracer = tracerSource(api, options.tracerProvider, scope);
  const findInstruments = instrumentSource(api, options.meterProvider, scope, pools, collections);
  // As `reporting`, for what is asked with each call.
  const tracer = (): Tracer | undefined => {
    try {
      return findTracer();
    } catch (error) {
      return unreported(error);
    }
  };
  const instruments = (): Instruments | undefined => {
    try {
      return findInstruments();
    } catch (error) {
      return unreported(error);
    }
  };
  return telemetryOf({ api, options, tracer, instruments, pools, collections }, { system: "postgresql" });
}

function telemetryOf(reporter: Reporter, server: ReportedServer): Telemetry {
  const {
    api,
    options,
    tracer: currentTracer,
    instruments: currentInstruments,
    pools,
    collections,
  } = reporter;
  const database = databaseAttributes(server);
  const wantedName = server.pool ?? poolName(server, options.poolName);
  let pool: Attributes = { [ATTRIBUTE.poolName]: wantedName };
  const describing: DescribeOptions = {
    database,
    recordText: options.recordQueryText ?? true,
    recordParameters: options.recordParameters ?? [],
  };
  const committed = sorted({ ...database, [ATTRIBUTE.outcome]: "committed" });
  const recordRows = options.recordReturnedRows ?? false;
  const statements = new WeakMap<QueryInfo, Description>();
  const copies = new WeakMap<QueryInfo, Description>();

  const startSpan = (
    name: string,
    kind: number,
    attributes: Attributes,
    since?: number,
  ): Span | undefined => {
    const tracer = currentTracer();
    if (tracer === undefined) return undefined;
    return reporting(() => {
      if (options.requireParentSpan === true && api.trace.getActiveSpan() === undefined) return undefined;
      if (since === undefined) return tracer.startSpan(name, { kind, attributes });
      return tracer.startSpan(name, {
        kind,
        attributes,
        startTime: Date.now() - (performance.now() - since),
      });
    });
  };
  /** Has something measured. */
  const measure = (record: (instruments: Instruments) => void): void => {
    const instruments = currentInstruments();
    if (instruments !== undefined) reporting(() => record(instruments));
  };
  /** A step of a pool's, whose time is measured, with `error.type` where it failed. */
  const poolStep = (name: string, kind: number, time: (instruments: Instruments) => Histogram): Operation => {
    const instruments = currentInstruments();
    const span = currentTracer() && startSpan(name, kind, { ...database, ...pool });
    if (span === undefined && instruments === undefined) return nothing;
    return new StepOperation(api, span, (seconds, failure) => {
      if (instruments !== undefined) time(instruments).record(seconds, { ...pool, ...failureType(failure) });
    });
  };
  const listening = (): boolean => currentTracer() !== undefined || currentInstruments() !== undefined;
  const call = (
    description: Description,
    since?: number,
    attributes = description.spanAttributes,
  ): Operation => {
    const span = startSpan(description.name, api.SpanKind.CLIENT, attributes, since);
    return new ClientOperation(api, span, currentInstruments(), description, recordRows, since);
  };

  const telemetry: Telemetry = {
    at: (other) => telemetryOf(reporter, other),
    query(info, text, values, since) {
      if (!listening()) return nothing;
      const description = remembered(statements, describeStatement, info, text, describing);
      return call(description, since, withValues(description, values));
    },
    behind: (info, text, sent) => telemetry.query(info, text, [], sent),
    batch(infos, texts, since) {
      if (!listening() || infos.length === 0) return nothing;
      // By the conventions one statement is no batch.
      if (infos.length === 1) return telemetry.query(infos[0] as QueryInfo, texts[0] as string, [], since);
      const description = describeBatch(infos, texts, describing);
      const attributes = { ...description.spanAttributes, [ATTRIBUTE.batchSize]: infos.length };
      return call(description, since, attributes);
    },
    copy(info, text, since) {
      if (!listening()) return nothing;
      return call(remembered(copies, describeCopy, info, text, describing), since);
    },
    documents(operation, summary, target) {
      if (!listening()) return nothing;
      return call(describeDocuments(operation, summary, target, database));
    },
    connect: () => poolStep("connect", api.SpanKind.CLIENT, ({ createTime }) => createTime),
    acquire: () => poolStep("pool.acquire", api.SpanKind.INTERNAL, ({ waitTime }) => waitTime),
    transaction() {
      const instruments = currentInstruments();
      const span = startSpan("transaction", api.SpanKind.INTERNAL, database);
      if (span === undefined && instruments === undefined) return nothing;
      return new StepOperation(api, span, (seconds, failure, outcome) => {
        const { transaction = failure === undefined ? "committed" : "rolled_back" } = outcome ?? {};
        if (span?.isRecording() === true) span.setAttribute(ATTRIBUTE.outcome, transaction);
        const isUsual = transaction === "committed" && failure === undefined;
        instruments?.transactionDuration.record(
          seconds,
          isUsual ? committed : { ...database, [ATTRIBUTE.outcome]: transaction, ...failure },
        );
      });
    },
    attempt(number) {
      if (number > 1) measure(({ transactionRetries }) => transactionRetries.add(1, database));
      if (currentTracer() === undefined) return nothing;
      const attributes = { ...database, [ATTRIBUTE.attempt]: number };
      const span = startSpan("transaction attempt", api.SpanKind.INTERNAL, attributes);
      return span === undefined ? nothing : new StepOperation(api, span);
    },
    connectionCreated: (seconds) => measure(({ createTime }) => createTime.record(seconds, pool)),
    connectionWaited: (seconds) => measure(({ waitTime }) => waitTime.record(seconds, pool)),
    connectionUsed: (seconds) => measure(({ useTime }) => useTime.record(seconds, pool)),
    connectionTimedOut: () => measure(({ timeouts }) => timeouts.add(1, pool)),
    observePool(read) {
      const { name, giveUp } = claimName(wantedName);
      pool = { [ATTRIBUTE.poolName]: name };
      pools.set(read, pool);
      currentInstruments();
      return () => {
        const readClosed = (): PoolGauge => NO_CONNECTIONS;
        pools.delete(read);
        pools.set(readClosed, pool);
        giveUp(() => pools.delete(readClosed));
      };
    },
    observeCollections(read) {
      collections.set(read, database);
      currentInstruments();
      return () => collections.delete(read);
    },
  };
  return telemetry;
}

function databaseAttributes({ system, host, port, namespace }: ReportedServer): Attributes {
  return {
    [ATTRIBUTE.system]: system,
    ...(namespace === undefined ? {} : { [ATTRIBUTE.namespace]: namespace }),
    ...(host === undefined ? {} : { [ATTRIBUTE.serverAddress]: host }),
    ...(host === undefined || port === undefined || port === DEFAULT_PORT[system]
      ? {}
      : { [ATTRIBUTE.serverPort]: port }),
  };
}

function poolName({ system, host, port, namespace }: ReportedServer, before: string | undefined): string {
  const server = `${host ?? system}:${port ?? DEFAULT_PORT[system]}/${namespace ?? ""}`;
  return before === undefined ? server : `${before} ${server}`;
}

/** The one attribute of a failure that metrics of connections have, by which they are told from those that succeeded. */
function failureType(failure: Attributes | undefined): Attributes | undefined {
  return failure && { [ATTRIBUTE.errorType]: failure[ATTRIBUTE.errorType] };
}

/** Of a pool that is closed. */
const NO_CONNECTIONS: PoolGauge = { idle: 0, used: 0, pending: 0, limit: 0, idleMin: 0 };

/** Generated code describes each statement in one object that lives as long as the module. */
function remembered(
  descriptions: WeakMap<QueryInfo, Description>,
  describe: (info: QueryInfo, text: string, options: DescribeOptions) => Description,
  info: QueryInfo,
  text: string,
  options: DescribeOptions,
): Description {
  const known = descriptions.get(info);
  if (known !== undefined && known.text === text) return known;
  const description = describe(info, text, options);
  descriptions.set(info, description);
  return description;
}

function withValues({ recorded, spanAttributes }: Description, values: readonly unknown[]): Attributes {
  if (recorded.length === 0) return spanAttributes;
  const attributes = { ...spanAttributes };
  for (const { index, attribute } of recorded)
    if (index < values.length) attributes[attribute] = printed(values[index]);
  return attributes;
}

/** Whatever it is: what cannot be shown may be one that can be sent. */
function printed(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? String(item) : item)) ?? "";
  } catch {
    return "not shown";
  }
}
