import { EXACT_SUMS } from "./exact-sums.ts";
import { LOG_FATAL } from "./log.ts";
import type { Provider } from "./provider.ts";

export const CPU: Provider = {
  id: "cpu",
  title: "Processor",
  runtimeName: "CPUExecutionProvider",
  systems: ["linux-x64", "linux-arm64", "win32-x64", "win32-arm64", "darwin-arm64"],
  capabilities: { threads: true, deviceMemory: false, takesTurns: false, cannot: [] },
  needs: [],
  remedy: "",
  identity: () => [],
  runtimeOptions: ({ threads, optimized }) => ({
    executionProviders: ["cpu"],
    graphOptimizationLevel: optimized ? "all" : "disabled",
    executionMode: "sequential",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that wait by spinning take the processors from the sockets and the decoding of pictures: measured with
    // other work beside it, a ResNet-18 ran 1.5 times as fast without, and a tiny model took a fifth of the processor time.
    extra: { session: { ...EXACT_SUMS, intra_op: { allow_spinning: "0" } } },
    logSeverityLevel: LOG_FATAL,
  }),
};
