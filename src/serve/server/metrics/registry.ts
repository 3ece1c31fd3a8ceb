import { Counter, Gauge, Registry } from "prom-client";
import { registerRunning } from "./running.ts";
import { type Counted, LOOP_RESOLUTION_MS, type MetricSources } from "./sources.ts";

/** Everything that Prometheus is told, read when it asks. */
export function openRegistry(sources: MetricSources, { predictions, errors, loop }: Counted): Registry {
  const registry = new Registry();
  const registers = [registry];
  predictions.register(registry);
  registry.registerMetric(
    new Counter({
      name: "modelyard_errors_total",
      help: "Error answers, by code (docs/errors.md)",
      labelNames: ["code"],
      registers: [],
      collect() {
        this.reset();
        for (const [code, count] of errors) this.inc({ code }, count);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: "modelyard_models",
      help: "Model versions in the catalogue, by state",
      labelNames: ["state"],
      registers: [],
      collect() {
        this.reset();
        for (const { state } of sources.catalogue.status()) this.inc({ state });
      },
    }),
  );
  registerRunning(registry, sources.catalogue);
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const total = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  gauge("modelyard_models_loaded", "Model versions in memory", () =>
    sources.catalogue.status().reduce((sum, { loaded }) => sum + Number(loaded ?? false), 0),
  );
  const memory = () => sources.catalogue.memory();
  if (memory()) {
    gauge(
      "modelyard_memory_budget_bytes",
      "Memory that models may take (--memory)",
      () => memory()?.limit ?? 0,
    );
    gauge(
      "modelyard_memory_used_bytes",
      "Memory of the models that are loaded, as measured",
      () => memory()?.used ?? 0,
    );
    total(
      "modelyard_model_loads_total",
      "Times that a model was loaded into memory",
      () => memory()?.loads ?? 0,
    );
    total(
      "modelyard_model_evictions_total",
      "Times that a model left memory for another",
      () => memory()?.evictions ?? 0,
    );
  }
  const { store } = sources;
  if (store) {
    total("modelyard_log_rows_written_total", "Prediction rows written", () => store.counts().written);
    total("modelyard_log_rows_dropped_total", "Prediction rows dropped", () => store.counts().dropped);
    gauge(
      "modelyard_log_rows_waiting",
      "Prediction rows that wait to be written",
      () => store.counts().waiting,
    );
  }
  gauge("modelyard_sequences", "Open sequences of stateful models", sources.sequences);
  gauge("modelyard_body_bytes", "Bytes of requests held in memory", sources.held);
  const delay = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - LOOP_RESOLUTION_MS / 1e3);
  gauge(
    "modelyard_event_loop_delay_p50_seconds",
    "Median delay of the event loop since the last scrape",
    () => delay(loop.percentile(50)),
  );
  gauge("modelyard_event_loop_delay_p99_seconds", "99th percentile of the same", () =>
    delay(loop.percentile(99)),
  );
  gauge("modelyard_event_loop_delay_max_seconds", "Longest of the same", () => delay(loop.max));
  gauge("process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
  gauge("process_heap_bytes", "JavaScript heap in use", () => process.memoryUsage().heapUsed);
  total("process_cpu_seconds_total", "Processor time of the whole process", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge(
    "process_start_time_seconds",
    "Start, in seconds since the epoch",
    () => performance.timeOrigin / 1000,
  );
  return registry;
}
