import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";

/**
 * What an artefact was made by and for. The runtime lays weights out for the instructions that the processor has, so an artefact
 * is good where all of this is the same.
 */
export interface Maker {
  /** Package and version. */
  readonly runtime: string;
  /** Operating system and architecture, as Node names them. */
  readonly platform: string;
  /** Hash of the processor's features that the runtime's kernels may use. */
  readonly processor: string;
}

let known: Maker | undefined;

/** This machine and this runtime. The runtime's native code is not loaded for it. */
export function makerHere(): Maker {
  known ??= {
    runtime: `onnxruntime-node ${runtimeVersion()}`,
    platform: `${process.platform}-${process.arch}`,
    processor: processorHash(readText("/proc/cpuinfo"), cpus()[0]?.model ?? "unknown"),
  };
  return known;
}

/** Instructions for which ONNX Runtime's kernels (MLAS) have code of their own; others may come and go with a hypervisor. */
const FEATURES = /^(ssse3|sse4|avx|fma|f16c|amx|asimd|neon|sve|sme|i8mm|bf16|fp16|fphp|vsx)/;

/**
 * @param cpuinfo text of /proc/cpuinfo; null where there is none
 * @param model what the system calls the processor: stands for its features where they are not told
 */
export function processorHash(cpuinfo: string | null, model: string): string {
  const [, line] = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo ?? "") ?? [];
  const features = line?.split(/\s+/).filter((feature) => FEATURES.test(feature)) ?? [];
  const text = features.length > 0 ? features.sort().join(" ") : model;
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function runtimeVersion(): string {
  const require = createRequire(import.meta.url);
  return (require("onnxruntime-node/package.json") as { version: string }).version;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Other systems have no such file.
    return null;
  }
}
