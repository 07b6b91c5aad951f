import type { OpenTelemetryApi, Tracer, TracerProvider } from "./opentelemetry.ts";

/**
 * Gives the tracer of the provider that is registered at the moment, or undefined where none is, so that nothing is
 * prepared for nobody.
 */
export function tracerSource(
  api: OpenTelemetryApi,
  given: TracerProvider | undefined,
  scope: { readonly name: string; readonly version: string },
): () => Tracer | undefined {
  let seen: TracerProvider | undefined;
  let tracer: Tracer | undefined;
  const { trace } = api;
  return () => {
    const provider = given ?? trace.getTracerProvider();
    if (provider === seen && tracer !== undefined) return tracer;
    seen = provider;
    // The API stands a proxy before the SDK's provider, and answers with it before there is any.
    const proxy = provider as { getDelegateTracer?: TracerProvider["getTracer"] };
    tracer =
      proxy.getDelegateTracer === undefined
        ? provider.getTracer(scope.name, scope.version)
        : proxy.getDelegateTracer(scope.name, scope.version);
    return tracer;
  };
}
