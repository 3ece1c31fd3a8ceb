export { type BenchReport, type BenchRow, bench } from "./bench/bench.ts";
export { inProcess } from "./bench/in-process.ts";
export { plotBench } from "./bench/plot.ts";
export { type RemoteOptions, remote } from "./bench/remote.ts";
export type { Load } from "./load/load.ts";
export type { Subject } from "./load/subject.ts";
