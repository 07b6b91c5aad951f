/**
 * What is used of OpenTelemetry's API 1.9, by shape: the package is optional, and the types of this one must not need it.
 * `test/telemetry/opentelemetry.types.ts` holds the API itself against them.
 */

type AttributeValue =
  | string
  | number
  | boolean
  | (null | undefined | string)[]
  | (null | undefined | number)[]
  | (null | undefined | boolean)[];

export interface Attributes {
  [name: string]: AttributeValue | undefined;
}

export interface Context {
  getValue(key: symbol): unknown;
}

export interface Span {
  setAttribute(name: string, value: AttributeValue): unknown;
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: { code: number }): unknown;
  isRecording(): boolean;
  end(): void;
}

export interface Tracer {
  startSpan(name: string, options?: { kind?: number; attributes?: Attributes; startTime?: number }): Span;
}

export interface TracerProvider {
  getTracer(name: string, version?: string): Tracer;
}

export interface Histogram {
  record(value: number, attributes?: Attributes): void;
}

export interface Counter {
  add(value: number, attributes?: Attributes): void;
}

export interface MetricOptions {
  description?: string;
  unit?: string;
  advice?: { explicitBucketBoundaries?: number[] };
}

interface ObservableResult {
  observe(value: number, attributes?: Attributes): void;
}

interface Observable {
  addCallback(callback: (result: ObservableResult) => void): void;
}

export interface BatchObservableResult {
  observe(metric: Observable, value: number, attributes?: Attributes): void;
}

export interface Meter {
  createHistogram(name: string, options?: MetricOptions): Histogram;
  createCounter(name: string, options?: MetricOptions): Counter;
  createObservableUpDownCounter(name: string, options?: MetricOptions): Observable;
  addBatchObservableCallback(
    callback: (result: BatchObservableResult) => void,
    observables: Observable[],
  ): void;
}

export interface MeterProvider {
  getMeter(name: string, version?: string): Meter;
}

/** What `import * as api from "@opentelemetry/api"` gives. */
export interface OpenTelemetryApi {
  readonly SpanKind: { readonly INTERNAL: number; readonly CLIENT: number };
  readonly SpanStatusCode: { readonly ERROR: number };
  readonly context: {
    active(): Context;
    with<T>(context: Context, work: () => T): T;
  };
  readonly trace: {
    getTracerProvider(): TracerProvider;
    getActiveSpan(): Span | undefined;
    setSpan(context: Context, span: Span): Context;
  };
  readonly metrics: { getMeterProvider(): MeterProvider };
  createNoopMeter(): Meter;
}
