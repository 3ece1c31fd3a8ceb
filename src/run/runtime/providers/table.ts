import { fail } from "../../../base/errors/index.ts";
import { CPU } from "./cpu.ts";
import type { Provider } from "./provider.ts";
import { WEBGPU } from "./webgpu.ts";

/** The one list of devices; "auto" takes the first that is not missing. */
export const PROVIDERS: readonly Provider[] = [CPU, WEBGPU];

/** @throws RUN_DEVICE_UNKNOWN */
export function pickProvider(device: string): Provider {
  const found =
    device === "auto"
      ? PROVIDERS.find((provider) => provider.missing() === null)
      : PROVIDERS.find((provider) => provider.id === device);
  if (found !== undefined) return found;
  throw fail("RUN_DEVICE_UNKNOWN", { device, known: ["auto", ...PROVIDERS.map(({ id }) => id)].join(", ") });
}
