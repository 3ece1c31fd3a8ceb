// A server over the product's own catalogue: worker threads, tasks and all.
import { onTestFinished } from "vitest";
import { openCatalogue } from "../../src/run/pipeline/index.ts";
import { protocolCodec } from "../../src/serve/server/index.ts";
import { startServer } from "../../src/serve/server/start.ts";
import type { PredictionRow } from "../../src/serve/store/store.ts";
import { memoryStore } from "./server.ts";

/**
 * Serves a folder until the test ends, once each of its models is ready; the address.
 * @param broken whether models may be unavailable
 * @param spoken whether bodies are read where the model runs, as `modelyard serve` has it, or in the server
 */
export async function serveFolder(folder: string, { broken = false, spoken = true } = {}): Promise<string> {
  const catalogue = await openCatalogue(folder, spoken ? { codec: protocolCodec } : {});
  const rows: PredictionRow[] = [];
  const server = await startServer({ catalogue, store: memoryStore(rows), port: 0 });
  onTestFinished(async () => {
    await server.close();
    await catalogue.close();
  });
  for (;;) {
    const states = catalogue.status();
    const bad = states.find(({ state }) => state === "unavailable");
    if (bad && !broken) throw new Error(`${bad.name}: ${bad.reason}`);
    if (states.every(({ state }) => state === "ready" || state === "unavailable")) return server.url;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
