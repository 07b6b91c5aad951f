import type { Attributes } from "@opentelemetry/api";
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

export interface Recorder {
  readonly tracerProvider: BasicTracerProvider;
  readonly meterProvider: MeterProvider;
  /** The spans that have ended, oldest first. */
  spans(): ReadableSpan[];
  span(name: string): ReadableSpan;
  /** What a metric has collected so far, one point for each set of attributes. */
  points<T = Histogram>(metric: string): Promise<DataPoint<T>[]>;
  /** Name, unit and kind of every metric. */
  metrics(): Promise<Record<string, { unit: string; attributes: Attributes[] }>>;
  reset(): void;
  shutdown(): Promise<void>;
}

/** The SDK with its in-memory exporters, not registered. */
export function createRecorder(sampler?: Sampler): Recorder {
  const spanExporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(spanExporter)],
    ...(sampler === undefined ? {} : { sampler }),
  });
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 2 ** 30,
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const collect = async () => {
    metricExporter.reset();
    await reader.forceFlush();
    return metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics);
  };
  return {
    tracerProvider,
    meterProvider,
    spans: () => spanExporter.getFinishedSpans(),
    span(name) {
      const found = spanExporter.getFinishedSpans().filter((span) => span.name === name);
      if (found.length !== 1) throw new Error(`${found.length} spans are called ${name}`);
      return found[0]!;
    },
    async points<T>(name: string) {
      const metric = (await collect()).find(({ descriptor }) => descriptor.name === name);
      return (metric?.dataPoints ?? []) as unknown as DataPoint<T>[];
    },
    async metrics() {
      return Object.fromEntries(
        (await collect()).map(({ descriptor, dataPoints }) => [
          descriptor.name,
          { unit: descriptor.unit, attributes: dataPoints.map(({ attributes }) => attributes) },
        ]),
      );
    },
    reset: () => spanExporter.reset(),
    async shutdown() {
      await tracerProvider.shutdown();
      await meterProvider.shutdown();
    },
  };
}
