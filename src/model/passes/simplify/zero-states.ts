import type { Node, Value } from "../../graph/graph.ts";
import { readSmall } from "../../tensor/index.ts";
import { numbersIn } from "./elements.ts";
import { type Rewrite, type Rule, refersToCaller, rulesPass } from "./rewrite.ts";

/** What gives elements of its first input and nothing else. */
const MOVES: ReadonlySet<string> = new Set([
  "Expand",
  "Identity",
  "Reshape",
  "Slice",
  "Squeeze",
  "Transpose",
  "Unsqueeze",
]);

/** Nodes between zeros and who reads them: torch.onnx cuts the states of all layers out of one tensor. */
const MAX_MOVES = 8;

/** Whether a value is zero in every element, whatever its shape. */
async function isZeros(value: Value, rewrite: Rewrite): Promise<boolean> {
  let at = value;
  for (let moves = 0; moves <= MAX_MOVES; moves++) {
    if (rewrite.isConstant(at)) return areZeros(await rewrite.read(at));
    const node = at.producer;
    if (node?.domain !== "" || refersToCaller(node)) return false;
    if (node.op === "ConstantOfShape") return isFilledWithZero(node, rewrite);
    const [from] = node.inputs;
    if (!MOVES.has(node.op) || !from) return false;
    at = from;
  }
  return false;
}

async function isFilledWithZero(node: Node, rewrite: Rewrite): Promise<boolean> {
  const filling = node.attributes.get("value");
  if (!filling) return true;
  return filling.kind === "tensor" && areZeros(await readSmall(filling.value, rewrite.context.signal));
}

function areZeros(tensor: Awaited<ReturnType<typeof readSmall>>): boolean {
  const numbers = tensor && numbersIn(tensor);
  return numbers?.every((number) => Object.is(number, 0)) ?? false;
}

/** @param states the inputs that begin at 0 where they are left out (LSTM, GRU and RNN of ai.onnx: initial_h, initial_c) */
function ruleOf(states: readonly number[]): Rule {
  return async (node, rewrite) => {
    const inputs = [...node.inputs];
    for (const index of states) {
      const value = inputs[index];
      if (value && (await isZeros(value, rewrite))) inputs[index] = null;
    }
    if (inputs.every((value, index) => value === node.inputs[index])) return;
    while (inputs.at(-1) === null) inputs.pop();
    rewrite.setInputs(node, inputs);
  };
}

const H = 5;
const C = 6;

export const zeroStates = rulesPass(
  "zero-states",
  "No recurrent operator is given a state of zeros, with which it begins anyway.",
  { LSTM: ruleOf([H, C]), GRU: ruleOf([H]), RNN: ruleOf([H]) },
);
