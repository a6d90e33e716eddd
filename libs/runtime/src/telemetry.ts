// OpenTelemetry for the process: one trace from submit to delivery, metrics for Prometheus. Exporters are set by the
// standard OTEL_* variables; without them spans cost next to nothing and still carry their ids on.

import { explain } from '@assay/contracts';
import {
  type Attributes,
  context,
  isSpanContextValid,
  metrics,
  type Context as OtelContext,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

let prometheus: PrometheusExporter | undefined;
let end: (() => Promise<void>) | undefined;

/**
 * Starts the process's telemetry once; later calls do nothing. Returns what flushes and ends it. The SDK with its
 * exporters takes a third of a second and 15 MB to load, so it is loaded where OTEL_* says that somebody listens.
 */
export async function startTelemetry(serviceName: string): Promise<() => Promise<void>> {
  if (end) return async () => {};
  prometheus = new PrometheusExporter({ preventServerStart: true });
  end = isExporting() ? await startSdk(serviceName, prometheus) : startMetrics(serviceName, prometheus);
  observeProcess();
  return async () => {
    await end?.().catch(() => {});
    end = undefined;
    prometheus = undefined;
  };
}

function isExporting(): boolean {
  return ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER'].some(
    (name) => process.env[name],
  );
}

async function startSdk(serviceName: string, reader: PrometheusExporter): Promise<() => Promise<void>> {
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ serviceName: `assay-${serviceName}`, metricReaders: [reader], instrumentations: [] });
  sdk.start();
  return () => sdk.shutdown();
}

function startMetrics(serviceName: string, reader: PrometheusExporter): () => Promise<void> {
  const resource = resourceFromAttributes({ 'service.name': `assay-${serviceName}` });
  const provider = new MeterProvider({ resource, readers: [reader] });
  metrics.setGlobalMeterProvider(provider);
  return async () => {
    await provider.shutdown();
    metrics.disable();
  };
}

/** The process's metrics in Prometheus' text format. */
export async function metricsText(): Promise<string> {
  if (!prometheus) return '';
  const { resourceMetrics } = await prometheus.collect();
  return new PrometheusSerializer('', false).serialize(resourceMetrics);
}

export const meter = () => metrics.getMeter('assay');

// By the names that Prometheus' own clients give them, which every dashboard knows.
function observeProcess(): void {
  meter()
    .createObservableGauge('process_resident_memory_bytes', { description: 'Memory of the process' })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  meter()
    .createObservableCounter('process_cpu_seconds_total', { description: 'Processor time of the process' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe((user + system) / 1e6);
    });
}

/** Counts what a service alone has; 0 makes the series known before anything happens, so that its first rise is seen. */
export function count(name: string, description: string, labels: Attributes, value = 1): void {
  meter().createCounter(name, { description }).add(value, labels);
}

/** Seconds, of a finding's few milliseconds to a run's half hour; the SDK's own boundaries are meant for milliseconds. */
const boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/** Instruments shared by all services of a process; labels are service, topic and outcome. */
export function instruments() {
  const m = meter();
  return {
    handled: m.createCounter('assay_events_handled', {
      description: 'Events handled, by outcome (done, retried, dead)',
    }),
    seconds: m.createHistogram('assay_event_handling', {
      description: 'Time to handle one event and store its outputs',
      unit: 's',
      advice: { explicitBucketBoundaries: boundaries },
    }),
    published: m.createCounter('assay_events_published', { description: 'Events published' }),
    findings: m.createCounter('assay_findings_published', { description: 'Findings published, in batches' }),
  };
}
export type Instruments = ReturnType<typeof instruments>;

const tracer = () => trace.getTracer('assay');

/** A context that continues a W3C traceparent. */
export function contextFrom(traceparent: string | undefined): OtelContext {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags) return context.active();
  return trace.setSpanContext(context.active(), {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

/** The traceparent of a span; undefined where telemetry is not started. */
export function traceparentOf(span: Span): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (!isSpanContextValid(span.spanContext())) return undefined;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

export function startSpan(
  name: string,
  kind: 'consumer' | 'producer' | 'server',
  attributes: Attributes,
  parent: OtelContext,
): Span {
  const kinds = { consumer: SpanKind.CONSUMER, producer: SpanKind.PRODUCER, server: SpanKind.SERVER };
  return tracer().startSpan(name, { kind: kinds[kind], attributes }, parent);
}

export function failSpan(span: Span, sentence: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: sentence });
}

/** Does a piece of work inside a span that continues a trace; the span ends with it, failed when it throws. */
export async function inSpan<T>(
  what: {
    name: string;
    kind: 'consumer' | 'producer' | 'server';
    traceparent?: string | undefined;
    attributes?: Attributes;
  },
  work: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  const span = startSpan(what.name, what.kind, what.attributes ?? {}, contextFrom(what.traceparent));
  try {
    return await work(traceparentOf(span));
  } catch (error) {
    failSpan(span, explain(error));
    throw error;
  } finally {
    span.end();
  }
}
