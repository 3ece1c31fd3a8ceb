import { bench } from "../bench/bench.ts";
import { inProcess } from "../bench/in-process.ts";
import { loadPlace } from "./load.ts";
import { ownMemory } from "./memory.ts";
import type { Cost, CostOrder } from "./messages.ts";

/** Loads a variant into this process, which has nothing else, and asks it. */
export async function costOf(order: CostOrder): Promise<Cost> {
  const { place, serving, device, callers, window, warmUp, windows } = order;
  const before = await ownMemory();
  const started = performance.now();
  const model = await loadPlace(place, serving, device);
  const load = performance.now() - started;
  const subject = await inProcess(model);
  try {
    const { rows } = await bench(subject, {
      loads: [
        { kind: "closed", concurrency: 1 },
        { kind: "closed", concurrency: callers },
      ],
      window,
      warmUp,
      windows,
      signal: new AbortController().signal,
    });
    const [alone, crowd] = rows;
    if (!alone || !crowd) throw new Error("a load was not measured");
    const { device: used, placement } = model.session.stats();
    const ran = { device: used, placement, reason: model.choice.reason };
    return { load, memory: (await ownMemory()) - before, alone, crowd, place: ran };
  } finally {
    await subject.close();
  }
}
