import { fail } from "../../../base/errors/index.ts";
import { COREML } from "./coreml.ts";
import { CPU } from "./cpu.ts";
import { CUDA_PROVIDER } from "./cuda.ts";
import { DIRECTML } from "./directml.ts";
import type { Provider } from "./provider.ts";
import { WEBGPU } from "./webgpu.ts";

/** The one list of devices; where two are as fast, "auto" keeps the first. */
export const PROVIDERS: readonly Provider[] = [CPU, CUDA_PROVIDER, COREML, DIRECTML, WEBGPU];

/** As in `--device`. */
export const DEVICES: readonly string[] = ["auto", ...PROVIDERS.map(({ id }) => id)];

/** @throws RUN_DEVICE_UNKNOWN */
export function checkDeviceName(device: string): void {
  if (!DEVICES.includes(device)) throw fail("RUN_DEVICE_UNKNOWN", { device, known: DEVICES.join(", ") });
}

/**
 * @param device "auto" must have been decided before
 * @throws RUN_DEVICE_UNKNOWN
 */
export function pickProvider(device: string): Provider {
  const found = PROVIDERS.find(({ id }) => id === device);
  if (found) return found;
  throw fail("RUN_DEVICE_UNKNOWN", { device, known: DEVICES.join(", ") });
}
