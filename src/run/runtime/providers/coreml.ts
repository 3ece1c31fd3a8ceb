import { acceleratorOptions } from "./accelerator.ts";
import type { Provider } from "./provider.ts";

export const COREML: Provider = {
  id: "coreml",
  title: "Apple's graphics and neural processors through Core ML (macOS)",
  runtimeName: "CoreMLExecutionProvider",
  systems: ["darwin-arm64"],
  capabilities: {
    threads: false,
    deviceMemory: true,
    takesTurns: false,
    cannot: [
      "the neural processor computes in half floats, so that answers differ by more",
      "models with open dimensions are slow",
      "trees and texts run on the processor",
    ],
  },
  needs: [],
  remedy: "It needs macOS 10.15 or newer.",
  identity: ({ system }) => [system],
  runtimeOptions: acceleratorOptions({ name: "coreml" }),
};
