import type { Adapter } from "./adapter.ts";
import { axes } from "./operators/axes.ts";
import { batchNormalization } from "./operators/batch-normalization.ts";
import { broadcast } from "./operators/broadcast.ts";
import { cast } from "./operators/cast.ts";
import { clip } from "./operators/clip.ts";
import { dft } from "./operators/dft.ts";
import { dropout } from "./operators/dropout.ts";
import { erf } from "./operators/erf.ts";
import { experiments } from "./operators/experiments.ts";
import { groupNormalization } from "./operators/group-normalization.ts";
import { ml } from "./operators/labels.ts";
import { layerNormalization } from "./operators/layer-normalization.ts";
import { legacy } from "./operators/legacy.ts";
import { meanVarianceNormalization } from "./operators/mean-variance-normalization.ts";
import { pad } from "./operators/pad.ts";
import { pooling } from "./operators/pooling.ts";
import { recurrent } from "./operators/recurrent.ts";
import { reshape } from "./operators/reshape.ts";
import { resize } from "./operators/resize.ts";
import { sampling } from "./operators/sampling.ts";
import { scan } from "./operators/scan.ts";
import { scatter } from "./operators/scatter.ts";
import { slice } from "./operators/slice.ts";
import { softmax } from "./operators/softmax.ts";
import { split } from "./operators/split.ts";
import { tile } from "./operators/tile.ts";
import { topK } from "./operators/top-k.ts";
import { upsample } from "./operators/upsample.ts";

/** Every adapter by domain. Those of one operator and one version follow one another in this order. */
export const ADAPTERS: ReadonlyMap<string, readonly Adapter[]> = new Map([
  [
    "",
    [
      ...axes,
      ...batchNormalization,
      ...broadcast,
      cast,
      ...clip,
      dft,
      ...dropout,
      erf,
      ...experiments,
      groupNormalization,
      layerNormalization,
      ...legacy,
      meanVarianceNormalization,
      ...pad,
      pooling,
      ...recurrent,
      reshape,
      ...resize,
      ...sampling,
      scan,
      scatter,
      slice,
      softmax,
      ...split,
      tile,
      topK,
      ...upsample,
    ],
  ],
  ["ai.onnx.ml", ml],
]);

/** The adapters of a domain by version and operator. */
export function adaptersOf(domain: string): ReadonlyMap<number, ReadonlyMap<string, readonly Adapter[]>> {
  const versions = new Map<number, Map<string, Adapter[]>>();
  for (const adapter of ADAPTERS.get(domain) ?? []) {
    let operators = versions.get(adapter.since);
    if (!operators) {
      operators = new Map();
      versions.set(adapter.since, operators);
    }
    for (const op of typeof adapter.op === "string" ? [adapter.op] : adapter.op) {
      const list = operators.get(op);
      if (list) list.push(adapter);
      else operators.set(op, [adapter]);
    }
  }
  return versions;
}
