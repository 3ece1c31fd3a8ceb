import { acceleratorOptions } from "./accelerator.ts";
import type { Provider } from "./provider.ts";

export const DIRECTML: Provider = {
  id: "directml",
  title: "Graphics processor through DirectML (Windows)",
  runtimeName: "DmlExecutionProvider",
  systems: ["win32-x64", "win32-arm64"],
  capabilities: {
    threads: false,
    deviceMemory: true,
    takesTurns: false,
    cannot: ["trees and texts run on the processor", "runs of one session never overlap"],
  },
  needs: [],
  remedy: "It needs a graphics driver with Direct3D 12: `dxdiag` shows what the installed one has.",
  identity: ({ env, system }) => [system, env.PROCESSOR_IDENTIFIER ?? ""],
  // The provider allows neither memory patterns nor parallel execution (onnxruntime.ai, "DirectML Execution Provider").
  runtimeOptions: (request) => ({
    ...acceleratorOptions({ name: "dml" })(request),
    enableMemPattern: false,
  }),
};
