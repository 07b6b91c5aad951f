import { ATTRIBUTE } from "./conventions.ts";
import { failureAttributes } from "./failure.ts";
import type { Instruments } from "./instruments.ts";
import type { Attributes, Context, OpenTelemetryApi, Span } from "./opentelemetry.ts";
import { reporting } from "./reporting.ts";
import type { Description } from "./statements.ts";
import type { Operation, Outcome } from "./telemetry.ts";

/** A part of a call, or what calls are part of: a span where there is a tracer, and what is to be measured at its end. */
export class StepOperation implements Operation {
  readonly #api: OpenTelemetryApi;
  readonly #span: Span | undefined;
  readonly #record:
    | ((seconds: number, failure: Attributes | undefined, outcome?: Outcome) => void)
    | undefined;
  readonly #start = performance.now();
  #over = false;
  /** The context that it was last active in, and the one with its span in it. */
  #outside: Context | undefined;
  #inside: Context | undefined;

  constructor(
    api: OpenTelemetryApi,
    span: Span | undefined,
    record?: (seconds: number, failure: Attributes | undefined, outcome?: Outcome) => void,
  ) {
    this.#api = api;
    this.#span = span;
    this.#record = record;
  }

  within<T>(work: () => T): T {
    if (this.#span === undefined) return work();
    const inside = reporting(() => this.#contextInside(this.#span!));
    return inside === undefined ? work() : this.#api.context.with(inside, work);
  }

  /** @returns undefined where that is the active one */
  #contextInside(span: Span): Context | undefined {
    const { context, trace } = this.#api;
    const active = context.active();
    // What calls are part of is so for each of them.
    if (this.#inside === undefined || active !== this.#outside) {
      if (active === this.#inside) return undefined;
      this.#outside = active;
      this.#inside = trace.setSpan(active, span);
    }
    return this.#inside;
  }

  end(outcome?: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    const failure = outcome?.error === undefined ? undefined : failureAttributes(outcome.error);
    reporting(() => this.#record?.((performance.now() - this.#start) / 1000, failure, outcome));
    if (this.#span !== undefined) endSpan(this.#api, this.#span, failure);
  }
}

/** A call of the database: a measured duration, and a span where there is a tracer. */
export class ClientOperation implements Operation {
  readonly #api: OpenTelemetryApi;
  readonly #span: Span | undefined;
  readonly #instruments: Instruments | undefined;
  readonly #description: Description;
  readonly #recordRows: boolean;
  readonly #start: number;
  #over = false;

  constructor(
    api: OpenTelemetryApi,
    span: Span | undefined,
    instruments: Instruments | undefined,
    description: Description,
    recordRows: boolean,
    since: number | undefined,
  ) {
    this.#start = since ?? performance.now();
    this.#api = api;
    this.#span = span;
    this.#instruments = instruments;
    this.#description = description;
    this.#recordRows = recordRows;
  }

  within<T>(work: () => T): T {
    const span = this.#span;
    if (span === undefined) return work();
    const { context, trace } = this.#api;
    const inside = reporting(() => trace.setSpan(context.active(), span));
    return inside === undefined ? work() : context.with(inside, work);
  }

  end(outcome?: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    const seconds = (performance.now() - this.#start) / 1000;
    const failure = outcome?.error === undefined ? undefined : failureAttributes(outcome.error);
    const { metricAttributes, rowsAttributes } = this.#description;
    const { failedItems = 0 } = outcome ?? {};
    const rows = rowsAttributes === undefined ? undefined : outcome?.rows;
    if (this.#span !== undefined)
      endSpan(this.#api, this.#span, failure, (span) => {
        if (failedItems > 0) span.setAttribute(ATTRIBUTE.failedItems, failedItems);
        if (this.#recordRows && rows !== undefined) span.setAttribute(ATTRIBUTE.returnedRows, rows);
      });
    const instruments = this.#instruments;
    if (instruments === undefined) return;
    reporting(() => {
      const { duration, returnedRows, failedItems: failures } = instruments;
      if (failedItems > 0) failures.add(failedItems, metricAttributes);
      duration.record(
        seconds,
        failure === undefined ? metricAttributes : { ...metricAttributes, ...failure },
      );
      if (rows !== undefined && failure === undefined) returnedRows.record(rows, rowsAttributes);
    });
  }
}

/** @param describe adds what is known of it by now */
function endSpan(
  api: OpenTelemetryApi,
  span: Span,
  failure: Attributes | undefined,
  describe?: (span: Span) => void,
): void {
  reporting(() => {
    if (!span.isRecording()) return;
    reporting(() => {
      if (failure !== undefined) {
        // Without the message: the database's repeats values.
        span.setAttributes(failure);
        span.setStatus({ code: api.SpanStatusCode.ERROR });
      }
      describe?.(span);
    });
    span.end();
  });
}
