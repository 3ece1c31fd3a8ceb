import { digestOf } from "../../base/node/index.ts";
import { chooseDevice } from "./choice/choose.ts";
import { openHost } from "./open-host.ts";
import { CPU } from "./providers/cpu.ts";
import { pickProvider } from "./providers/table.ts";
import type { Session, SessionOptions } from "./session.ts";
import { demand } from "./trial.ts";

/**
 * Loads a model into worker threads, or processes of their own. A device that is named is tried first: nothing else takes its place.
 * @throws RUN_DEVICE_ABSENT, RUN_DEVICE_UNUSED, and as openHost
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { path, device: asked = CPU.id, size, signal } = options;
  const { device } = await chooseDevice(asked, {
    path,
    source: () => digestOf(path),
    folder: null,
    ...(size === undefined ? {} : { size }),
    ...(signal === undefined ? {} : { signal }),
  });
  await demand(pickProvider(device));
  return openHost({ ...options, device });
}
