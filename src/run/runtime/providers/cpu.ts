import type { Provider } from "./provider.ts";

/** Only what ends the process is logged: every other message is in the error that is thrown. */
const LOG_FATAL = 4;

export const CPU: Provider = {
  id: "cpu",
  title: "Processor",
  capabilities: { threads: true, deviceMemory: false },
  missing: () => null,
  runtimeOptions: ({ threads }) => ({
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    executionMode: "sequential",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: LOG_FATAL,
  }),
};
