import type { Graph, Node, Value } from "../../graph/graph.ts";
import { subgraphsOf } from "../../graph/walk.ts";
import type { Draft } from "../claims.ts";
import { say } from "../claims.ts";
import type { Evidence } from "../contract.ts";
import { intsOf, numbersOf, weightShape } from "../trace.ts";

/** Sample rates that models are made for, in hertz; where several will do, the first is taken. */
const RATES = [16_000, 24_000, 22_050, 44_100, 48_000, 32_000, 8_000];
const RATE_NAME = /^(sr|fs|rate|sample_?rate|sampling_?rate|samplerate)$/i;
const SOUND_NAME = /(^|[_.])(audio|sound|wav|wave|waveform|pcm|samples|speech)([_.]|$)|^input_values$/i;
/** What is made of sounds, and is none. */
const NOT_SOUND = /embed|feature|mask|length|token|code|state|spec|mel/i;
const SOUND_LENGTH = /(^|[_.])(samples|audio|waveform)([_.]|$)/i;

export interface Sound {
  readonly value: Value;
  readonly rate: number;
  /** The input that names the sample rate. */
  readonly rateInput: Value | null;
  readonly evidence: Omit<Evidence, "field">;
}

/** A sound among the inputs: beside an input that names a sample rate, or so named itself. */
export async function findSound(draft: Draft, inputs: readonly Value[]): Promise<Sound | null> {
  const rateInput = inputs.find((value) => RATE_NAME.test(value.name) && isScalarInteger(value)) ?? null;
  const candidates = inputs.filter((value) => value !== rateInput && isWave(value));
  const [value] = candidates;
  if (!value || candidates.length > 1) return null;
  const declared = draft.claims.get("sampleRate");
  const compared = rateInput ? await comparedWith(rateInput) : [];
  const rate = declared?.value ?? RATES.find((each) => compared.includes(each)) ?? 16_000;
  if (rateInput) {
    const known = compared.length > 0 ? `, which the graph compares with ${compared.join(" and ")}` : "";
    const reason = `beside it stands a sample rate, ${rateInput.name}${known}`;
    return { value, rate, rateInput, evidence: { source: "graph", confidence: "high", reason } };
  }
  const denoted = draft.claims.get(`kind:${value.name}`);
  if (denoted?.value === "audio") return { value, rate, rateInput, evidence: denoted };
  const length = value.type?.kind === "tensor" ? value.type.shape?.at(-1) : null;
  const isSound =
    (SOUND_NAME.test(value.name) && !NOT_SOUND.test(value.name)) ||
    (typeof length === "string" && SOUND_LENGTH.test(length));
  const reason = "its name and shape are those of a sound";
  return isSound
    ? { value, rate, rateInput, evidence: { source: "graph", confidence: "medium", reason } }
    : null;
}

/** Mono samples: [time], [batch, time] or [batch, 1, time]. */
function isWave(value: Value): boolean {
  if (value.type?.kind !== "tensor" || !/^float(16|32)$/.test(value.type.dtype) || !value.type.shape)
    return false;
  const { shape } = value.type;
  const time = shape.at(-1);
  return shape.length >= 1 && shape.length <= 2 && (typeof time !== "number" || time >= 64);
}

function isScalarInteger(value: Value): boolean {
  if (value.type?.kind !== "tensor" || !/^int(32|64)$/.test(value.type.dtype)) return false;
  const { shape } = value.type;
  return (
    !shape || shape.length === 0 || (shape.length === 1 && (shape[0] === 1 || typeof shape[0] !== "number"))
  );
}

/** The constants that a graph compares a value with. */
async function comparedWith(value: Value): Promise<number[]> {
  const found: number[] = [];
  for (const { node } of value.uses) {
    if (node.op !== "Equal") continue;
    const other = await numbersOf(node.inputs.find((input) => input !== value));
    if (other?.length === 1) found.push(...other);
  }
  return found;
}

/** How a model that streams cuts its sound. */
export interface Framing {
  readonly frame: number;
  readonly context: number;
  readonly reason: string;
}

/**
 * The frame of a model that streams is what its convolutions over time step by in all. The first of them sees more samples
 * than it steps by; what the graph does not pad itself, the caller must put before each frame.
 */
export async function framingOf(sound: Sound): Promise<Framing | null> {
  const walk: Walk = { rate: sound.rate, rateInput: sound.rateInput, context: null, stride: 1 };
  await follow(new Map([[sound.value, { stride: 1, padded: 0 }]]), readersOf(sound.value), walk);
  if (walk.stride < 32) return null;
  const context = Math.max(0, walk.context ?? 0);
  const padding =
    context > 0 ? `, and the first of them sees ${context} samples more than the graph pads` : "";
  return {
    frame: walk.stride,
    context,
    reason: `its convolutions over time step by ${walk.stride} samples${padding}`,
  };
}

interface Walk {
  readonly rate: number;
  readonly rateInput: Value | null;
  context: number | null;
  stride: number;
}

interface Reach {
  readonly stride: number;
  readonly padded: number;
}

/** The graph in whose nodes a value is read. */
function readersOf(value: Value): Graph | null {
  return value.uses[0]?.node.graph ?? null;
}

/** Carries each value's stride forward, node by node, into the branch that the sample rate takes. */
async function follow(reached: Map<Value, Reach>, graph: Graph | null, walk: Walk): Promise<void> {
  if (!graph) return;
  let top = graph;
  while (top.parent) top = top.parent;
  await followGraph(top, reached, walk, 0);
}

async function followGraph(
  graph: Graph,
  reached: Map<Value, Reach>,
  walk: Walk,
  depth: number,
): Promise<void> {
  for (const node of graph.nodes) {
    for (const inner of await takenBranches(node, walk)) {
      if (depth < 8) await followGraph(inner, reached, walk, depth + 1);
      for (const [i, output] of inner.outputs.entries()) {
        const reach = reached.get(output);
        const outer = node.outputs[i];
        if (reach && outer) reached.set(outer, reach);
      }
    }
    const from = node.inputs[0] && reached.get(node.inputs[0]);
    if (!from || STOPS.has(node.op)) continue;
    const next =
      node.op === "Pad" ? await pad(node, from) : node.op === "Conv" ? convolve(node, from, walk) : from;
    for (const output of node.outputs) if (output && !reached.has(output)) reached.set(output, next);
  }
}

/** What comes out of these has no time axis of the sound any more. */
const STOPS = new Set(["Shape", "Size", "LSTM", "GRU", "RNN"]);

/** Both branches of an If, or the one that the sample rate decides. */
async function takenBranches(node: Node, walk: Walk): Promise<Graph[]> {
  const condition = node.inputs[0]?.producer;
  if (
    node.op === "If" &&
    condition?.op === "Equal" &&
    walk.rateInput &&
    condition.inputs.includes(walk.rateInput)
  ) {
    const constant = await numbersOf(condition.inputs.find((input) => input !== walk.rateInput));
    const branch = node.attributes.get(constant?.[0] === walk.rate ? "then_branch" : "else_branch");
    return branch?.kind === "graph" ? [branch.value] : [];
  }
  return [...subgraphsOf(node)];
}

async function pad(node: Node, from: Reach): Promise<Reach> {
  const amount = intsOf(node, "pads")?.reduce((sum, each) => sum + each, 0) ?? (await sumOf(node.inputs[1]));
  return { ...from, padded: from.padded + amount };
}

/** Exporters compute paddings by moving numbers about: whatever their order, their sum is what is added. */
async function sumOf(value: Value | null | undefined, depth = 0): Promise<number> {
  const numbers = await numbersOf(value);
  if (numbers) return numbers.reduce((sum, each) => sum + each, 0);
  const node = value?.producer;
  if (!node || depth > 16) return 0;
  if (node.op === "Concat") {
    let sum = 0;
    for (const input of node.inputs) sum += await sumOf(input, depth + 1);
    return sum;
  }
  return MOVERS.has(node.op) ? sumOf(node.inputs[0], depth + 1) : 0;
}

const MOVERS = new Set(["Reshape", "Slice", "Transpose", "Cast", "Unsqueeze", "Squeeze", "Identity"]);

function convolve(node: Node, from: Reach, walk: Walk): Reach {
  const weight = weightShape(node.inputs[1]);
  if (weight?.length !== 3) return from;
  const step = intsOf(node, "strides")?.[0] ?? 1;
  const stride = from.stride * step;
  if (walk.context === null) {
    const own = intsOf(node, "pads")?.reduce((sum, each) => sum + each, 0) ?? 0;
    walk.context = (weight[2] ?? 1) - step - from.padded - own;
  }
  walk.stride = Math.max(walk.stride, stride);
  return { stride, padded: from.padded };
}

/** A model that takes sounds of one length alone takes frames of that length, what is put before them included. */
function withFixedLength(framing: Framing | null, { type }: Value): Framing | null {
  const length = type?.kind === "tensor" ? type.shape?.at(-1) : null;
  if (typeof length !== "number" || (framing && framing.frame + framing.context === length)) return framing;
  return { frame: length, context: 0, reason: `it takes ${length} samples at a time` };
}

/** Writes a sound, its rate and its framing into the contract. */
export async function addSound(draft: Draft, sound: Sound, streams: boolean): Promise<void> {
  const { value, rate, rateInput, evidence } = sound;
  const framing = withFixedLength(streams ? await framingOf(sound) : null, value);
  draft.contract.inputs.audio = {
    kind: "audio",
    tensor: value.name,
    sampleRate: rate,
    frame: framing?.frame ?? null,
    context: framing?.context ?? 0,
  };
  say(draft, "inputs.audio", evidence);
  const declared = draft.claims.get("sampleRate");
  if (declared) say(draft, "inputs.audio.sampleRate", declared);
  if (framing)
    say(draft, "inputs.audio.frame", { source: "graph", confidence: "high", reason: framing.reason });
  if (rateInput) {
    draft.contract.constants[rateInput.name] = { tensor: rateInput.name, value: rate };
    const why = `it names the sample rate; of those that the graph knows, ${rate} Hz hears most`;
    say(draft, `constants.${rateInput.name}`, { source: "graph", confidence: "high", reason: why });
  }
}
