import type { Metric, Registry } from "prom-client";
import type { ModelId } from "../../../run/pipeline/catalogue.ts";

/** Seconds; from a tiny model's tenth of a millisecond to what a person still waits for. */
const DURATIONS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const TOTAL = "modelyard_predictions_total";
const DURATION = "modelyard_prediction_duration_seconds";

/** What is counted of one version of a model. */
interface Counted {
  readonly labels: { readonly model: string; readonly version: string };
  readonly byStatus: Map<number, number>;
  /** Predictions that took no longer than each of DURATIONS, but longer than the one before; last, all longer ones. */
  readonly within: number[];
  seconds: number;
}

interface Value {
  /** @default the metric's own */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * Counts predictions in plain numbers, which become Prometheus' metrics when somebody asks: looking labels up and
 * walking through the library's objects took longer than all else that is done behind an answer.
 */
export class PredictionCounts {
  readonly #counted = new Map<string, Counted>();
  /** The same by identity, which most predictions share. */
  readonly #byId = new WeakMap<ModelId, Counted>();

  add(id: ModelId, status: number, durationMs: number): void {
    const counted = this.#byId.get(id) ?? this.#of(id);
    counted.byStatus.set(status, (counted.byStatus.get(status) ?? 0) + 1);
    const seconds = durationMs / 1000;
    counted.seconds += seconds;
    let at = 0;
    while (at < DURATIONS.length && seconds > (DURATIONS[at] as number)) at++;
    counted.within[at] = (counted.within[at] as number) + 1;
  }

  #of(id: ModelId): Counted {
    const { name: model, version } = id;
    const key = JSON.stringify([model, version]);
    const counted = this.#counted.get(key) ?? {
      labels: { model, version },
      byStatus: new Map(),
      within: new Array(DURATIONS.length + 1).fill(0),
      seconds: 0,
    };
    this.#counted.set(key, counted);
    this.#byId.set(id, counted);
    return counted;
  }

  register(registry: Registry): void {
    const help = "Predictions answered, by model, version and HTTP status";
    registerMetric(registry, { name: TOTAL, help, type: "counter" }, () => this.#totals());
    const took = "Time from the arrival of the whole request to its answer";
    registerMetric(registry, { name: DURATION, help: took, type: "histogram" }, () => this.#durations());
  }

  #totals(): Value[] {
    return [...this.#counted.values()].flatMap(({ labels, byStatus }) =>
      [...byStatus].map(([status, value]) => ({ labels: { ...labels, status }, value })),
    );
  }

  /** Cumulative, as Prometheus' exposition format wants a histogram's buckets. */
  #durations(): Value[] {
    return [...this.#counted.values()].flatMap(({ labels, within, seconds }) => {
      let count = 0;
      const buckets = within.map((more, at) => {
        count += more;
        return {
          metricName: `${DURATION}_bucket`,
          labels: { le: DURATIONS[at] ?? "+Inf", ...labels },
          value: count,
        };
      });
      return [
        ...buckets,
        { metricName: `${DURATION}_sum`, labels, value: seconds },
        { metricName: `${DURATION}_count`, labels, value: count },
      ];
    });
  }
}

/** A metric whose values are worked out when they are asked for, beside those of the library's own kinds. */
function registerMetric(
  registry: Registry,
  { name, help, type }: { name: string; help: string; type: "counter" | "histogram" },
  values: () => Value[],
): void {
  const get = async () => ({ name, help, type, aggregator: "sum", values: values() });
  // The declared type names the library's own classes; what it calls is `name` and `get`.
  registry.registerMetric({ name, help, type, get } as unknown as Metric);
}
