import { Counter, Gauge, type Registry } from "prom-client";
import type { Catalogue, Running } from "../../../run/pipeline/catalogue.ts";

type Read = (stats: Running["stats"]) => number;

/** Of each model: name, help, and what it is now. */
const GAUGES: readonly (readonly [name: string, help: string, read: Read])[] = [
  ["modelyard_instances_ready", "Instances of a model that take requests", ({ ready }) => ready],
  [
    "modelyard_instances_narrow",
    "Of these, those of one thread, open while requests queue",
    ({ narrow }) => narrow,
  ],
  [
    "modelyard_instances_refused",
    "1 where requests queued and memory, or a failure, kept further instances from being opened",
    ({ narrowRefused }) => (narrowRefused === null ? 0 : 1),
  ],
  ["modelyard_requests_waiting", "Requests in the queue of a model", ({ waiting }) => waiting],
];
/** And what it has come to. */
const TOTALS: readonly (readonly [name: string, help: string, read: Read])[] = [
  ["modelyard_runs_total", "Calls of a model; several requests may share one", ({ runs }) => runs],
  [
    "modelyard_instances_restarted_total",
    "Instances that died and were started anew",
    ({ restarts }) => restarts,
  ],
];

type ReadStep = (step: Running["steps"][number]) => number;

/** And of each step of a pipeline. */
const STEPS: readonly (readonly [name: string, help: string, read: ReadStep])[] = [
  ["modelyard_step_runs_total", "Times that a step of a pipeline was run", ({ runs }) => runs],
  ["modelyard_step_failures_total", "Of these, those that failed", ({ failed }) => failed],
  ["modelyard_step_seconds_total", "Time that a step has taken, waiting included", ({ seconds }) => seconds],
];

const labelNames = ["model", "version"] as const;
const labelsOf = ({ id }: Running) => ({ model: id.name, version: id.version });

/** How models are run, read when somebody asks. Labels come from the catalogue, never from a request. */
export function registerRunning(registry: Registry, catalogue: Pick<Catalogue, "running">): void {
  for (const [name, help, read] of GAUGES) {
    const metric = new Gauge({
      name,
      help,
      labelNames,
      registers: [],
      collect() {
        this.reset();
        for (const each of catalogue.running()) this.set(labelsOf(each), read(each.stats));
      },
    });
    registry.registerMetric(metric);
  }
  for (const [name, help, read] of TOTALS) {
    const metric = new Counter({
      name,
      help,
      labelNames,
      registers: [],
      collect() {
        this.reset();
        for (const each of catalogue.running()) this.inc(labelsOf(each), read(each.stats));
      },
    });
    registry.registerMetric(metric);
  }
  for (const [name, help, read] of STEPS) {
    const metric = new Counter({
      name,
      help,
      labelNames: [...labelNames, "step"],
      registers: [],
      collect() {
        this.reset();
        for (const each of catalogue.running()) {
          for (const step of each.steps) this.inc({ ...labelsOf(each), step: step.step }, read(step));
        }
      },
    });
    registry.registerMetric(metric);
  }
}
