import { readFileSync } from "node:fs";

/**
 * Whether this processor adds two products of uint8 and int8 in 16 bits, where they may not fit: x64 before VNNI (AVX2's
 * vpmaddubsw). Where nobody can tell, and on other processors, it does not.
 */
export function needsReducedRange(): boolean {
  if (process.arch !== "x64" || process.platform !== "linux") return false;
  let text: string;
  try {
    text = readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    // Without /proc nothing is known of the processor, and most have it.
    return false;
  }
  const [, flags = ""] = /^flags\s*:(.*)$/m.exec(text) ?? [];
  return flags !== "" && !/vnni/.test(flags);
}
