import { loadOpened, openSource, whereText } from "../run/pipeline/index.ts";
import type { DeviceChoice, Placement } from "../run/runtime/index.ts";

/** Where a model runs, and why there. */
export interface PlacedModel extends DeviceChoice {
  /** Which nodes run where; null of the processor alone, and where it is not known. */
  readonly placement: Placement | null;
  readonly text: string;
}

/** Loads a model onto a device to see which nodes run there. @throws RUN_DEVICE_*, and what loading throws */
export async function placeModel(
  source: string,
  device: string,
  { cache }: { readonly cache?: string },
): Promise<PlacedModel> {
  const resolving = cache === undefined ? {} : { cache };
  const loaded = await loadOpened(await openSource(source, resolving), { device, ...resolving });
  try {
    const stats = loaded.session.stats();
    const text = whereText(stats, loaded.choice);
    return { ...loaded.choice, placement: stats.placement, text };
  } finally {
    await loaded.close();
  }
}
