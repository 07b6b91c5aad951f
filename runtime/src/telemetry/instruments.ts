import { ATTRIBUTE, DURATION_BOUNDS, METRIC, ROWS_BOUNDS } from "./conventions.ts";
import type {
  Attributes,
  BatchObservableResult,
  Counter,
  Histogram,
  Meter,
  MeterProvider,
  MetricOptions,
  OpenTelemetryApi,
} from "./opentelemetry.ts";
import type { PoolGauge } from "./telemetry.ts";

export interface Instruments {
  readonly duration: Histogram;
  readonly returnedRows: Histogram;
  readonly createTime: Histogram;
  readonly waitTime: Histogram;
  readonly useTime: Histogram;
  readonly timeouts: Counter;
  readonly transactionDuration: Histogram;
  readonly transactionRetries: Counter;
  readonly failedItems: Counter;
}

/** What pools are read when metrics are collected, with the attributes of each. */
export type PoolReaders = ReadonlyMap<() => PoolGauge, Attributes>;
export type CollectionReaders = ReadonlyMap<() => number | undefined, Attributes>;

/**
 * Gives the instruments of the meter provider that is registered at the moment, or undefined where none is. Unlike tracers,
 * instruments made before the SDK is registered would stay silent for ever, so the provider is looked at each time.
 */
export function instrumentSource(
  api: OpenTelemetryApi,
  given: MeterProvider | undefined,
  scope: { readonly name: string; readonly version: string },
  pools: PoolReaders,
  collections: CollectionReaders,
): () => Instruments | undefined {
  const silent = api.createNoopMeter();
  let seen: MeterProvider | undefined;
  let instruments: Instruments | undefined;
  const { metrics } = api;
  return () => {
    const provider = given ?? metrics.getMeterProvider();
    if (provider === seen) return instruments;
    seen = provider;
    const meter = provider.getMeter(scope.name, scope.version);
    instruments = meter === silent ? undefined : createInstruments(meter);
    if (instruments === undefined) return undefined;
    observePools(meter, pools);
    observeCollections(meter, collections);
    return instruments;
  };
}

function createInstruments(meter: Meter): Instruments {
  const seconds = (name: string, description: string): Histogram =>
    meter.createHistogram(name, {
      unit: "s",
      description,
      advice: { explicitBucketBoundaries: DURATION_BOUNDS },
    });
  return {
    duration: seconds(METRIC.duration, "Duration of database client operations."),
    returnedRows: meter.createHistogram(METRIC.returnedRows, {
      unit: "{row}",
      description: "The actual number of records returned by the database operation.",
      advice: { explicitBucketBoundaries: ROWS_BOUNDS },
    }),
    createTime: seconds(METRIC.connectionCreateTime, "The time it took to create a new connection."),
    waitTime: seconds(
      METRIC.connectionWaitTime,
      "The time it took to obtain an open connection from the pool.",
    ),
    useTime: seconds(
      METRIC.connectionUseTime,
      "The time between borrowing a connection and returning it to the pool.",
    ),
    timeouts: meter.createCounter(METRIC.connectionTimeouts, {
      unit: "{timeout}",
      description: "The number of connection timeouts that have occurred trying to obtain a connection.",
    }),
    transactionDuration: seconds(METRIC.transactionDuration, "Duration of transactions, with all attempts."),
    transactionRetries: meter.createCounter(METRIC.transactionRetries, {
      unit: "{attempt}",
      description: "The number of attempts at transactions after the first.",
    }),
    failedItems: meter.createCounter(METRIC.failedItems, {
      unit: "{item}",
      description: "The number of items of bulk writes that failed by themselves.",
    }),
  };
}

function observePools(meter: Meter, pools: PoolReaders): void {
  const gauge = (name: string, description: string, options?: MetricOptions) =>
    meter.createObservableUpDownCounter(name, { unit: "{connection}", description, ...options });
  const count = gauge(
    METRIC.connectionCount,
    "The number of connections that are currently in the state described by the state attribute.",
  );
  const idleMax = gauge(METRIC.connectionIdleMax, "The maximum number of idle open connections allowed.");
  const idleMin = gauge(METRIC.connectionIdleMin, "The minimum number of idle open connections allowed.");
  const limit = gauge(METRIC.connectionLimit, "The maximum number of open connections allowed.");
  const pending = gauge(
    METRIC.connectionPending,
    "The number of current pending requests for an open connection.",
    { unit: "{request}" },
  );
  meter.addBatchObservableCallback(
    (result: BatchObservableResult) => {
      for (const [read, attributes] of pools) {
        const state = read();
        result.observe(count, state.idle, { ...attributes, [ATTRIBUTE.connectionState]: "idle" });
        result.observe(count, state.used, { ...attributes, [ATTRIBUTE.connectionState]: "used" });
        result.observe(idleMax, state.idleMax ?? state.limit, attributes);
        result.observe(idleMin, state.idleMin, attributes);
        result.observe(limit, state.limit, attributes);
        result.observe(pending, state.pending, attributes);
      }
    },
    [count, idleMax, idleMin, limit, pending],
  );
}

function observeCollections(meter: Meter, collections: CollectionReaders): void {
  const count = meter.createObservableUpDownCounter(METRIC.collectionCount, {
    unit: "{collection}",
    description: "The number of collections in the databases of documents.",
  });
  count.addCallback((result) => {
    for (const [read, attributes] of collections) {
      const number = read();
      if (number !== undefined) result.observe(number, attributes);
    }
  });
}
