import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Signature } from "../../../model/tensor/tensor.ts";
import { type Placed, type Placement, placementOf } from "../placement.ts";
import { PROVIDERS } from "../providers/table.ts";
import { findGuess, type RunSlots } from "./guess.ts";
import type { RuntimeOptions } from "./messages.ts";

/** A profile has some 300 bytes for each node that ran; loops run theirs again and again, and are not followed without end. */
const MAX_BYTES = 256 * 2 ** 20;

/** Events of the runtime's profile that tell of a node (onnxruntime, profiler_common.h). */
interface NodeEvent {
  readonly cat: string;
  readonly name: string;
  readonly args?: { readonly provider?: string; readonly op_name?: string; readonly node_index?: string };
}

/** A model whose first run the runtime writes down. */
export interface Profile {
  /** Session options with which it does so. */
  readonly options: RuntimeOptions;
  /**
   * Which nodes the first run ran where. The runtime's own list of assignments (`record_ep_graph_assignment_info`) can be read
   * through its C interface alone.
   * @returns null where no made-up input ran, or where the runtime's file cannot be read
   */
  read(model: Profiled): Promise<Placement | null>;
  close(): Promise<void>;
}

export interface Profiled {
  readonly signature: Signature;
  run(outputs: readonly string[], slots: Parameters<RunSlots>[0]): ReturnType<RunSlots>;
  endProfiling(): void;
}

export async function openProfile(runtime: RuntimeOptions): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), "modelyard-profile-"));
  return {
    options: { ...runtime, enableProfiling: true, profileFilePrefix: join(folder, "run") },
    async read(model) {
      const { signature } = model;
      const outputs = signature.outputs.map(({ name }) => name);
      const guess = await findGuess(signature, (slots) => model.run(outputs, slots));
      model.endProfiling();
      return typeof guess === "string" ? null : readPlacement(folder);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function readPlacement(folder: string): Promise<Placement | null> {
  const [name] = await readdir(folder);
  if (name === undefined) return null;
  const path = join(folder, name);
  if ((await stat(path)).size > MAX_BYTES) return null;
  const events = parse(await readFile(path, "utf8"));
  return events && placementOf(nodesOf(events));
}

/** The runtime writes names of nodes as they are: one with a quotation mark makes the file no JSON. */
function parse(text: string): readonly NodeEvent[] | null {
  try {
    const events: unknown = JSON.parse(text);
    return Array.isArray(events) ? (events as NodeEvent[]) : null;
  } catch {
    return null;
  }
}

/** Each node once, however often it ran. */
function nodesOf(events: readonly NodeEvent[]): readonly Placed[] {
  const devices = new Map(PROVIDERS.map(({ runtimeName, id }) => [runtimeName, id]));
  const seen = new Map<string, Placed>();
  for (const { cat, name, args } of events) {
    const { provider, op_name: operator } = args ?? {};
    if (cat !== "Node" || typeof provider !== "string" || typeof operator !== "string") continue;
    const device = devices.get(provider) ?? provider;
    seen.set(`${name}\n${args?.node_index}\n${operator}`, { device, operator });
  }
  return [...seen.values()];
}
