import type { Maybe } from "../extent/index.ts";
import { type Application, type Family, intAttribute, type Rule, shapeOf, stringAttribute } from "../rule.ts";

/**
 * RNN, GRU, LSTM: x [seq, batch, in], w [directions, …], r [directions, gates·hidden, hidden]. y [seq, directions, batch,
 * hidden]; the last states [directions, batch, hidden]. With layout 1 the batch comes first.
 */
const recurrent: Rule = (at) => {
  const batchFirst = intAttribute(at, "layout", 0) === 1;
  const data = shapeOf(at, 0);
  const [sequence = null, batch = null] = data ? (batchFirst ? [data[1], data[0]] : data) : [];
  return recurrentOutputs(at, { sequence, batch, hidden: hiddenOf(at) }, batchFirst);
};

function hiddenOf(at: Application): Maybe {
  const declared = intAttribute(at, "hidden_size");
  return declared ?? shapeOf(at, 2)?.[2] ?? null;
}

export function recurrentOutputs(
  at: Application,
  { sequence, batch, hidden }: { sequence: Maybe; batch: Maybe; hidden: Maybe },
  batchFirst = false,
) {
  const directions = stringAttribute(at, "direction", "forward") === "bidirectional" ? 2 : 1;
  const state = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  const all = batchFirst ? [batch, sequence, directions, hidden] : [sequence, directions, batch, hidden];
  return at.node.outputs.map((_, i) => ({ shape: i === 0 ? all : state }));
}

export const RECURRENT: Family = {
  domain: "",
  rules: { GRU: recurrent, LSTM: recurrent, RNN: recurrent },
};
