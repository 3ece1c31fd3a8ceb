import type { Model, Value } from "../graph/graph.ts";
import { Claims, type Draft, emptyContract, say } from "./claims.ts";
import type { Contract, ImageInput, InputContract } from "./contract.ts";
import { withoutDamaged } from "./declared/packed.ts";
import { DECLARED } from "./declared/table.ts";
import { addSound, findSound } from "./graph/audio.ts";
import { addDetections, areOfBoxes, boxCounts } from "./graph/detections.ts";
import { addImage } from "./graph/image.ts";
import { findImage, type ImageShape } from "./graph/image-shape.ts";
import { addMask, findMask } from "./graph/mask.ts";
import { addScores, classesOf, isProbability, isUnitVector, tableColumns } from "./graph/outputs.ts";
import { pairStates, tellStates } from "./graph/states.ts";
import { addSteps, findSteps, type Line, lineOf } from "./graph/steps.ts";
import { addText } from "./graph/text.ts";
import { isBeyondMeaning } from "./limits.ts";
import type { Sibling } from "./sibling.ts";

/**
 * Works out what the tensors of a model mean: what the file and the files beside it declare, then what the graph shows.
 * Each statement has its source, its confidence and its reason; what nobody knows stays a plain tensor.
 * @param warn is told of files beside or inside the model that should declare something and cannot be read
 */
export async function inferContract(
  model: Model,
  sibling: Sibling,
  warn: (problem: string) => void = () => {},
): Promise<Contract> {
  const draft: Draft = { contract: emptyContract(), claims: new Claims() };
  if (isBeyondMeaning(model.graph)) {
    const { inputs, outputs } = model.graph;
    model.notes.push(`what its ${inputs.length + outputs.length} inputs and outputs mean was not looked for`);
    return draft.contract;
  }
  const files = withoutDamaged(model, draft.claims, sibling);
  for (const read of DECLARED) await read(model, draft.claims, files);
  for (const problem of draft.claims.problems) warn(problem);
  const inputs = model.graph.inputs.filter((value) => !value.constant && !value.sparse);
  const told = tellStates(draft, model, inputs);
  const others = (values: readonly Value[]) => values.filter((value) => !told.has(value));
  const paired = new Set([...told, ...pairStates(draft, others(inputs), others(model.graph.outputs))]);
  const free = inputs.filter((value) => !paired.has(value));
  const results = model.graph.outputs.filter((value) => !paired.has(value));
  const given = await addInputs(draft, free, results);
  await addOutputs(draft, given, results);
  addWords(draft);
  keepWhole(draft);
  addTask(draft);
  return draft.contract;
}

/** What one row of each kind is. */
const THINGS = {
  image: "picture",
  line: "line",
  audio: "sound",
  text: "text",
  table: "row",
  tensor: "input",
} as const;

type Kind = keyof typeof THINGS;

/** What goes in, and the line of text that it is. */
interface Given {
  readonly kind: Kind;
  readonly line: Line | null;
}

/** Finds the one input that a person gives; the others are fed as they are. */
async function addInputs(draft: Draft, inputs: readonly Value[], results: readonly Value[]): Promise<Given> {
  const taken = addText(draft, inputs);
  let kind: Kind = taken.size > 0 ? "text" : "tensor";
  let line: Line | null = null;
  const rest = inputs.filter((value) => !taken.has(value));
  const sound = kind === "tensor" ? await findSound(draft, rest) : null;
  if (sound) {
    kind = "audio";
    await addSound(draft, sound, Object.keys(draft.contract.states).length > 0);
    taken.add(sound.value);
    if (sound.rateInput) taken.add(sound.rateInput);
  }
  if (kind === "tensor") {
    const images: [Value, ImageShape][] = [];
    for (const value of rest) {
      const denoted = draft.claims.get(`kind:${value.name}`)?.value === "image";
      const shape = await findImage(value, denoted);
      if (shape) images.push([value, shape]);
    }
    for (const [value, shape] of images) {
      const candidate = lineOf(value, shape);
      line = candidate && results.some((result) => findSteps(result, candidate) !== null) ? candidate : null;
      addImage(draft, images.length === 1 ? "image" : value.name, value, shape, line !== null);
      addGround(draft, value, shape, results);
      taken.add(value);
      kind = line ? "line" : "image";
    }
  }
  for (const value of rest.filter((each) => !taken.has(each))) {
    const table = tableColumns(value);
    if (table && rest.length === 1) {
      draft.contract.inputs.table = { kind: "table", tensor: value.name, columns: null };
      const reason = `it goes into ${table.op}${table.columns === null ? "" : ` with ${table.columns} columns`}`;
      say(draft, "inputs.table", { source: "graph", confidence: "high", reason });
      kind = "table";
    } else draft.contract.inputs[value.name] = { kind: "tensor", tensor: value.name };
  }
  return { kind, line };
}

/** Small grey pictures with a few dozen classes are single characters, which their data sets write light on dark. */
function addGround(
  draft: Draft,
  value: Value,
  { channels, size }: ImageShape,
  results: readonly Value[],
): void {
  const classes = results.map(classesOf).find((each) => each !== null) ?? null;
  const small = size.every((each) => each !== null && each <= 32);
  const [name, image] =
    Object.entries(draft.contract.inputs).find(
      ([, input]) => "tensor" in input && input.tensor === value.name,
    ) ?? [];
  if (channels !== 1 || !small || classes === null || classes < 10 || classes > 62 || image?.kind !== "image")
    return;
  image.ground = "dark";
  const reason =
    "small grey pictures with so few classes are mostly written characters, light on dark as in MNIST";
  say(draft, `inputs.${name}.ground`, { source: "graph", confidence: "low", reason });
}

async function addOutputs(draft: Draft, { kind, line }: Given, all: readonly Value[]): Promise<void> {
  const image = imageOf(draft);
  const taken = image ? addDetections(draft, all) : new Set<string>();
  const results = all.filter(({ name }) => !taken.has(name));
  const boxes = boxCounts(results);
  const scored = results.filter(
    (value) => classesOf(value) !== null && !isUnitVector(value) && !areOfBoxes(value, boxes),
  );
  const masks = results.flatMap((value) => findMask(draft, value, image) ?? []);
  for (const value of results) {
    const mask = masks.length === 1 && masks[0]?.tensor === value.name ? masks[0] : null;
    if (mask) {
      addMask(draft, "mask", value, mask);
      continue;
    }
    const classes = classesOf(value);
    const steps = line ? findSteps(value, line) : null;
    if (steps !== null) addSteps(draft, "text", value, steps);
    else if (kind === "audio" && Object.keys(draft.contract.states).length > 0 && isProbability(value)) {
      draft.contract.outputs.speech = { kind: "probability", tensor: value.name, threshold: 0.5 };
      const reason = "it gives one number a frame, from 0 to 1";
      say(draft, "outputs.speech", { source: "graph", confidence: "medium", reason });
    } else if (isUnitVector(value)) {
      const name = draft.contract.outputs.embedding ? value.name : "embedding";
      draft.contract.outputs[name] = { kind: "embedding", tensor: value.name };
      const reason = "the graph ends by bringing it to length one, as for comparing";
      say(draft, `outputs.${name}`, { source: "graph", confidence: "high", reason });
    } else if (kind !== "tensor" && classes !== null && scored.length === 1 && scored[0] === value) {
      await addScores(draft, "classes", value, classes, THINGS[kind]);
    } else draft.contract.outputs[value.name] = { kind: "tensor", tensor: value.name };
  }
}

/** What the model's maker says of it. */
function addWords(draft: Draft): void {
  for (const key of ["description", "license"] as const) {
    const claim = draft.claims.get(key);
    if (!claim) continue;
    draft.contract[key] = claim.value;
    say(draft, key, claim);
  }
}

function imageOf({ contract }: Draft): ImageInput | null {
  const images = Object.values(contract.inputs).filter((input) => input.kind === "image");
  return images.length === 1 ? (images[0] ?? null) : null;
}

/** Where boxes and masks are answered nothing is cut off, unless somebody said so. */
function keepWhole(draft: Draft): void {
  const { contract } = draft;
  const image = imageOf(draft);
  const placed = Object.values(contract.outputs).some(({ kind }) => kind === "detections" || kind === "mask");
  if (!image || !placed || image.resize !== "crop" || draft.claims.get("resize")) return;
  image.resize = "stretch";
  delete image.cropFraction;
  const name = Object.keys(contract.inputs).find((each) => contract.inputs[each] === image);
  const field = `inputs.${name}.resize`;
  const reason = "nothing says how other sizes are fitted; nothing is cut off where places are answered";
  contract.evidence = contract.evidence.filter((each) => each.field !== field);
  say(draft, field, { source: "graph", confidence: "low", reason });
}

/** The task that input and output fit together. What a file declares counts where the tensors agree with it. */
function addTask(draft: Draft): void {
  const { contract } = draft;
  const inputs = Object.values(contract.inputs);
  const outputs = Object.values(contract.outputs).map(({ kind }) => kind);
  const declared = draft.claims.get("task");
  const fits = PAIRS.find(
    ({ input, output }) =>
      inputs.length === 1 &&
      inputs[0]?.kind === input &&
      outputs.includes(output) &&
      isFramed(inputs[0], output),
  );
  if (declared && (!fits || declared.value !== fits.task)) {
    contract.task = declared.value;
    say(draft, "task", declared);
  } else if (fits) {
    contract.task = fits.task;
    say(draft, "task", declared ?? { source: "graph", confidence: "high", reason: fits.reason });
  }
}

/** A sound that is to be heard frame by frame needs the length of a frame. */
function isFramed(input: InputContract, output: string): boolean {
  return input.kind !== "audio" || input.frame !== null || output === "scores";
}

const PAIRS = [
  {
    input: "image",
    output: "detections",
    task: "object-detection",
    reason: "a picture goes in and boxes with their classes come out",
  },
  {
    input: "image",
    output: "mask",
    task: "image-segmentation",
    reason: "a picture goes in and something comes out for each of its pixels",
  },
  {
    input: "audio",
    output: "scores",
    task: "audio-classification",
    reason: "sound goes in and class scores come out",
  },
  {
    input: "text",
    output: "scores",
    task: "text-classification",
    reason: "text goes in and class scores come out",
  },
  {
    input: "image",
    output: "scores",
    task: "image-classification",
    reason: "a picture goes in and class scores come out",
  },
  {
    input: "image",
    output: "ctc",
    task: "text-recognition",
    reason: "a line goes in and scores for characters come out",
  },
  {
    input: "audio",
    output: "probability",
    task: "voice-activity-detection",
    reason: "sound goes in frame by frame and one probability comes out",
  },
] as const;
