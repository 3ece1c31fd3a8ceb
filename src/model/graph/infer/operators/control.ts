import { greatest, isSame, type Maybe } from "../extent/index.ts";
import { commonFact, type Fact } from "../fact.ts";
import {
  type Application,
  elementsOf,
  type Family,
  intAttribute,
  intsAttribute,
  type Rule,
} from "../rule.ts";
import { outputOf, settledStates, withAxis, withoutAxis } from "./iteration.ts";
import { sameLength, sameTensor } from "./like.ts";

/** What both branches have in common; where the condition is known, what its branch answers. */
const branch: Rule = async (at) => {
  const [first, second] = [at.attribute("then_branch"), at.attribute("else_branch")];
  const [then, otherwise] = [
    first?.kind === "graph" ? await at.infer(first.value, []) : [],
    second?.kind === "graph" ? await at.infer(second.value, []) : [],
  ];
  const condition = elementsOf(at, 0)?.[0] ?? null;
  return at.node.outputs.map((_, i) => {
    const [a, b] = [then[i], otherwise[i]];
    if (!a || !b) return null;
    if (typeof condition === "number") return outputOf(condition === 0 ? b : a);
    return outputOf(commonFact(a, b, () => at.fresh()));
  });
};

const BOOLEAN: Fact = { type: { kind: "tensor", dtype: "bool", shape: [] }, elements: [1] };
const COUNTER: Fact = { type: { kind: "tensor", dtype: "int64", shape: [] }, elements: null };

/** Loop: (trips, condition, states…) → (states…, scans…); the body (trip, condition, states…) → (condition, states…, scans…). */
const loop: Rule = async (at) => {
  const body = at.attribute("body");
  if (body?.kind !== "graph") return [];
  const initial = at.inputs.slice(2).map((fact) => fact ?? NONE);
  // The body runs only while the condition holds.
  const { states, outputs } = await settledStates(at, body.value, initial, 1, (now) => [
    COUNTER,
    BOOLEAN,
    ...now,
  ]);
  const trips = tripsOf(at, outputs[0]);
  const scans = outputs.slice(1 + initial.length).map((fact) => withAxis(at, outputOf(fact), 0, trips));
  return [...states.map(outputOf), ...scans];
};

const NONE: Fact = { type: null, elements: null };

/** How often a loop runs, where no condition ends it sooner. */
function tripsOf(at: Application, condition: Fact | undefined): Maybe {
  if (at.inputs[1]) {
    const first = elementsOf(at, 1)?.[0] ?? null;
    if (first === 0) return 0;
    if (first !== 1) return null;
  }
  const stays = isSame(condition?.elements?.[0], 1);
  return stays && at.inputs[0] ? greatest(elementsOf(at, 0)?.[0] ?? null, 0) : null;
}

/** Scan: (states…, sequences…) → (states…, sequences…), one element of each sequence a step. */
const scan: Rule = async (at) => {
  const body = at.attribute("body");
  if (body?.kind !== "graph") return [];
  const isBatched = at.version < 9;
  const inputs = isBatched ? at.inputs.slice(1) : at.inputs;
  const scanned = intAttribute(at, "num_scan_inputs", 0);
  if (scanned < 1 || scanned > inputs.length)
    at.conflict(`num_scan_inputs is ${scanned}, and the node has ${inputs.length} inputs for it`, {});
  const stateCount = Math.min(Math.max(0, inputs.length - scanned), inputs.length);
  const inAxes = isBatched ? [] : (intsAttribute(at, "scan_input_axes") ?? []);
  const outAxes = isBatched ? [] : (intsAttribute(at, "scan_output_axes") ?? []);
  let steps: Maybe = null;
  let batch: Maybe = null;
  const drop = (fact: Fact | null): Fact => {
    if (!isBatched) return fact ?? NONE;
    const [length, rest] = withoutAxis(at, fact, 0);
    batch = sameLength(at, batch, length);
    return rest;
  };
  const initial = inputs.slice(0, stateCount).map(drop);
  const elements = inputs.slice(stateCount).map((fact, i) => {
    const [length, rest] = withoutAxis(at, drop(fact), inAxes[i] ?? 0);
    steps = sameLength(at, steps, length);
    return rest;
  });
  // A state keeps its shape in every step.
  const before = initial.map(({ type }): Fact => ({ type, elements: null }));
  const outputs = await at.infer(body.value, [...before, ...elements]);
  const states = before.map((fact, i) => ({
    ...fact,
    type: sameTensor(at, fact.type, outputs[i]?.type ?? null),
  }));
  const scans = outputs
    .slice(stateCount)
    .map((fact, i) => withAxis(at, outputOf(fact), outAxes[i] ?? 0, steps));
  const all = [...states.map(outputOf), ...scans];
  return isBatched ? all.map((output) => withAxis(at, output, 0, batch)) : all;
};

export const CONTROL: Family = { domain: "", rules: { If: branch, Loop: loop, Scan: scan } };
