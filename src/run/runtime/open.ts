import { openHost } from "./open-host.ts";
import { pickProvider } from "./providers/table.ts";
import type { Session, SessionOptions } from "./session.ts";
import { demand } from "./trial.ts";

/**
 * Loads a model into worker threads, or processes of their own. A device that is named is tried first: nothing else takes its place.
 * @throws RUN_DEVICE_ABSENT, and as openHost
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  await demand(pickProvider(options.device ?? "auto"));
  return openHost(options);
}
