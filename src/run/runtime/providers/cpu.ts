import { LOG_FATAL } from "./log.ts";
import type { Provider } from "./provider.ts";

export const CPU: Provider = {
  id: "cpu",
  title: "Processor",
  capabilities: { threads: true, deviceMemory: false },
  missing: () => null,
  remedy: "",
  runtimeOptions: ({ threads, optimized }) => ({
    executionProviders: ["cpu"],
    graphOptimizationLevel: optimized ? "all" : "disabled",
    executionMode: "sequential",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that wait by spinning take the processors from the sockets and the decoding of pictures: measured with
    // other work beside it, a ResNet-18 ran 1.5 times as fast without, and a tiny model took a fifth of the processor time.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    logSeverityLevel: LOG_FATAL,
  }),
};
