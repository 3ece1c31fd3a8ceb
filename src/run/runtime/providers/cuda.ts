import { join } from "node:path";
import { acceleratorOptions } from "./accelerator.ts";
import { hasLibrary } from "./here.ts";
import type { Need, Provider } from "./provider.ts";

const PLUGIN = "libonnxruntime_providers_cuda.so";

/** Libraries that the provider is linked with (onnxruntime.ai, "CUDA Execution Provider", CUDA 12.x). */
const CUDA = ["libcudart.so.12", "libcublas.so.12", "libcublasLt.so.12", "libcurand.so.10", "libcufft.so.11"];

const library = (name: string, what: string, remedy: string): Need => ({
  what: `${what} (${name})`,
  remedy,
  strict: false,
  isThere: (here) => hasLibrary(here, name),
});

export const CUDA_PROVIDER: Provider = {
  id: "cuda",
  title: "NVIDIA's graphics processor through CUDA",
  runtimeName: "CUDAExecutionProvider",
  systems: ["linux-x64"],
  capabilities: {
    threads: false,
    deviceMemory: true,
    takesTurns: false,
    cannot: [
      "trees and texts run on the processor",
      "its files are 400 MB that the package does not carry, and CUDA and cuDNN lie beside them",
    ],
  },
  needs: [
    {
      what: `${PLUGIN} beside the runtime`,
      remedy:
        "Fetch the CUDA provider with onnxruntime-node's own install step: `node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12`.",
      strict: true,
      isThere: (here) => here.exists(join(here.binaries, PLUGIN)),
    },
    library(
      "libcuda.so.1",
      "NVIDIA's driver",
      "Install NVIDIA's driver; in a container, run it with the NVIDIA container toolkit (`docker run --gpus all`).",
    ),
    ...CUDA.map((name) =>
      library(
        name,
        "CUDA 12",
        "Install CUDA 12's runtime libraries, or use an image nvidia/cuda:12.*-cudnn-runtime.",
      ),
    ),
    library("libcudnn.so.9", "cuDNN 9", "Install cuDNN 9 for CUDA 12."),
  ],
  remedy: "All files are there and nothing computes: `nvidia-smi` shows whether the driver has a device.",
  identity: (here) => [
    here.read("/proc/driver/nvidia/version") ?? "",
    ...here.list("/proc/driver/nvidia/gpus"),
  ],
  runtimeOptions: acceleratorOptions({ name: "cuda" }),
};
