import { LOG_FATAL } from "./log.ts";
import type { Provider } from "./provider.ts";

/** Where onnxruntime-node's binaries carry the provider (its README, "Requirements"). */
const PLATFORMS = ["linux-x64", "win32-x64", "win32-arm64", "darwin-x64", "darwin-arm64"];

const PLATFORM = process.platform === "win32" || process.platform === "darwin" ? process.platform : "linux";

export const WEBGPU: Provider = {
  id: "webgpu",
  title: "Graphics processor through WebGPU (Vulkan, Direct3D 12 or Metal)",
  capabilities: { threads: false, deviceMemory: true },
  missing() {
    const here = `${process.platform}-${process.arch}`;
    return PLATFORMS.includes(here) ? null : `the runtime has no WebGPU for ${here}`;
  },
  remedy: {
    linux:
      "It needs the Vulkan loader (Debian: libvulkan1) and a driver: the graphics card's own, or mesa-vulkan-drivers; `vulkaninfo --summary` lists what is there, and in a container the device files must be given to it. VK_ICD_FILENAMES names a driver that lies elsewhere.",
    win32: "It needs a graphics driver with Direct3D 12.",
    darwin: "It needs a Mac with Metal.",
  }[PLATFORM],
  runtimeOptions: ({ optimized }) => ({
    // Nodes that WebGPU does not know run on the processor, which the runtime adds by itself.
    executionProviders: [{ name: "webgpu" }],
    graphOptimizationLevel: optimized ? "all" : "disabled",
    executionMode: "sequential",
    logSeverityLevel: LOG_FATAL,
  }),
};
