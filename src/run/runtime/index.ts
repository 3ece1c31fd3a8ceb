export type { Batching } from "./batching.ts";
export type { Comparison, DeviceChoice, Verdict } from "./choice/choice.ts";
export { type ChooseOptions, chooseDevice } from "./choice/choose.ts";
export type { Codec, CodecModel, CodecOrder, Exchanged, Question, Spoken } from "./codec.ts";
export { type Artefact, artefactOf, type OpenedArtefact, openArtefact } from "./compiled/artefact.ts";
export { findArtefact, type Kept, keepArtefact, sweepArtefacts } from "./compiled/cache.ts";
export { type CompileOptions, compileModel } from "./compiled/compile.ts";
export { makerHere } from "./compiled/maker.ts";
export { type Evaluator, openEvaluator } from "./evaluator.ts";
export type { ReadText } from "./host/cgroups.ts";
export { availableCpus, countCpus } from "./host/cpus.ts";
export { keepSpare } from "./host/links.ts";
export { countFreeMemory, freeMemory } from "./host/memory.ts";
export { endProcesses } from "./host/process.ts";
export { openSession } from "./open.ts";
export { type Placement, placementText, type Share } from "./placement.ts";
export type { Capabilities, Provider } from "./providers/provider.ts";
export { DEVICES, PROVIDERS } from "./providers/table.ts";
export type { OnDemandSession } from "./residency/on-demand.ts";
export type { MemoryStats, Residence, Residency } from "./residency/residency.ts";
export type {
  ExchangeOptions,
  RunOptions,
  Session,
  SessionOptions,
  SessionStats,
  StateSpec,
  Stream,
} from "./session.ts";
export { sessionOver } from "./session-over.ts";
export { NO_STATS, sumStats } from "./stats.ts";
export { openStream } from "./stream.ts";
export { type SwappableSession, swappable } from "./swap.ts";
export { type Absence, demandDevice, whyAbsent } from "./trial.ts";
export type { Isolation, KnownInput } from "./worker/messages.ts";
