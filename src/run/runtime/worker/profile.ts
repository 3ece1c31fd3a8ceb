import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeScratch } from "../../../base/node/index.ts";
import { type Placed, type Placement, placementOf } from "../placement.ts";
import { PROVIDERS } from "../providers/table.ts";
import type { RuntimeOptions } from "./messages.ts";
import type { Model } from "./model.ts";

/** A profile has some 300 bytes for each node that ran; loops run theirs again and again, and are not followed without end. */
const MAX_BYTES = 256 * 2 ** 20;

/** Events of the runtime's profile that tell of a node (onnxruntime, profiler_common.h). */
interface NodeEvent {
  readonly cat: string;
  readonly name: string;
  readonly args?: { readonly provider?: string; readonly op_name?: string; readonly node_index?: string };
}

/** A model of which the runtime writes down what runs where. */
export interface Profile {
  /** Session options with which it does so. */
  readonly options: RuntimeOptions;
  /**
   * Which nodes have run where so far; of later runs nothing is written down. The runtime's own list of assignments
   * (`record_ep_graph_assignment_info`) can be read through its C interface alone.
   * @returns null where nothing has run, or where the runtime's file cannot be read
   */
  read(model: Pick<Model, "endProfiling">): Promise<Placement | null>;
  close(): Promise<void>;
}

export async function openProfile(runtime: RuntimeOptions): Promise<Profile> {
  const folder = await makeScratch("profile");
  return {
    options: { ...runtime, enableProfiling: true, profileFilePrefix: join(folder, "run") },
    read(model) {
      model.endProfiling();
      return readPlacement(folder);
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
  const nodes = events ? nodesOf(events) : [];
  return nodes.length === 0 ? null : placementOf(nodes);
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
    const node = { device, operator, name: name.replace(/_kernel_time$/, "") };
    seen.set(`${name}\n${args?.node_index}\n${operator}`, node);
  }
  return [...seen.values()];
}
