import type { Operator, Subgraph, TfliteTensor } from "./model.ts";

/** A rank; null where it is not known. */
type Rank = number | null;

/** Of an operator's first output, from the shapes of its inputs and its options. The others have the same. */
type RankRule = (operator: Operator) => Rank;

/** No kernel walks more axes, and what a file makes of more would only take memory. */
const MAX_RANK = 8;

const rankOf = (operator: Operator, index = 0): Rank => operator.inputs[index]?.dims?.length ?? null;

/** How many numbers an input holds: one, or those along its only axis. */
function countOf(operator: Operator, index: number): number | null {
  const dims = operator.inputs[index]?.dims;
  return dims ? (dims.length === 0 ? 1 : (dims[0] ?? null)) : null;
}

const plus = (a: Rank, b: number | null): Rank => (a === null || b === null ? null : a + b);
const minus = (a: Rank, b: number | null): Rank => (a === null || b === null ? null : a - b);

const listed =
  (index: number): RankRule =>
  (operator) =>
    countOf(operator, index);
const like =
  (index: number, more = 0): RankRule =>
  (operator) =>
    plus(rankOf(operator, index), more);
const fixed =
  (rank: number): RankRule =>
  () =>
    rank;

function broadcast(operator: Operator): Rank {
  let most: Rank = 0;
  for (const input of operator.inputs) {
    const rank: Rank = input?.dims?.length ?? null;
    if (rank === null) return null;
    if (rank > most) most = rank;
  }
  return most;
}

function reduced(operator: Operator): Rank {
  const rank = rankOf(operator);
  return operator.options.keep_dims === true ? rank : minus(rank, countOf(operator, 1));
}

/** Lengths of 1 that go are those that the options name, or all. */
function squeezed(operator: Operator): Rank {
  const axes = operator.options.squeeze_dims;
  const dims = operator.inputs[0]?.dims ?? null;
  if (Array.isArray(axes) && axes.length > 0) return minus(rankOf(operator), axes.length);
  return dims === null || dims.includes(null) ? null : dims.filter((length) => length !== 1).length;
}

function sliced(operator: Operator): Rank {
  const count = countOf(operator, 1);
  if (count === null) return null;
  const mask = (name: string) => Number(operator.options[name] ?? 0);
  const within = 2 ** Math.min(count, 31) - 1;
  const added = mask("new_axis_mask") & ~mask("ellipsis_mask") & within;
  const gone = mask("shrink_axis_mask") & ~mask("ellipsis_mask") & ~added & within;
  return minus(plus(rankOf(operator), bits(added)), bits(gone));
}

function bits(mask: number): number {
  return mask.toString(2).replaceAll("0", "").length;
}

function reshaped(operator: Operator): Rank {
  if (operator.inputs[1]) return countOf(operator, 1);
  const shape = operator.options.new_shape;
  return Array.isArray(shape) ? shape.length : null;
}

function gathered(operator: Operator): Rank {
  const rank = plus(rankOf(operator, 0), rankOf(operator, 1));
  return minus(rank, 1 + Number(operator.options.batch_dims ?? 0));
}

function gatheredByPlace(operator: Operator): Rank {
  const rank = plus(rankOf(operator, 0), rankOf(operator, 1));
  return minus(minus(rank, 1), operator.inputs[1]?.dims?.at(-1) ?? null);
}

const all = (names: string, rule: RankRule): [string, RankRule][] =>
  names.split(" ").map((name) => [name, rule]);

const RULES: ReadonlyMap<string, RankRule> = new Map([
  ...all(
    "ABS BITCAST BUCKETIZE CAST CEIL COMPLEX_ABS COS CUMSUM DEQUANTIZE DYNAMIC_UPDATE_SLICE ELU",
    like(0),
  ),
  ...all("EXP FAKE_QUANT FLOOR GELU HARD_SWISH IMAG L2_NORMALIZATION LEAKY_RELU LOG LOGICAL_NOT", like(0)),
  ...all("LOGISTIC LOG_SOFTMAX MIRROR_PAD NEG PAD PADV2 QUANTIZE REAL RELU RELU6 RELU_0_TO_1", like(0)),
  ...all("RELU_N1_TO_1 REVERSE_SEQUENCE REVERSE_V2 ROUND RSQRT SIGN SIN SLICE SOFTMAX SPLIT_V SQRT", like(0)),
  ...all("SQUARE TANH TILE TOPK_V2 TRANSPOSE ZEROS_LIKE CONCATENATION", like(0)),
  ...all("SPLIT", like(1)),
  ...all(
    "ADD ADD_N ATAN2 BATCH_MATMUL BITWISE_XOR DIV EQUAL FLOOR_DIV FLOOR_MOD GREATER GREATER_EQUAL",
    broadcast,
  ),
  ...all("LESS LESS_EQUAL LOGICAL_AND LOGICAL_OR MAXIMUM MINIMUM MUL NOT_EQUAL POW PRELU", broadcast),
  ...all("RIGHT_SHIFT SELECT SELECT_V2 SQUARED_DIFFERENCE SUB", broadcast),
  ...all("MEAN REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN REDUCE_PROD SUM", reduced),
  ...all("ARG_MAX ARG_MIN UNPACK", like(0, -1)),
  ...all("EXPAND_DIMS ONE_HOT PACK", like(0, 1)),
  ...all("RANK", fixed(0)),
  ...all("BROADCAST_ARGS RANGE SHAPE UNIQUE", fixed(1)),
  ...all("WHERE", fixed(2)),
  ...all("FILL RANDOM_STANDARD_NORMAL RANDOM_UNIFORM", listed(0)),
  ...all("BROADCAST_TO", listed(1)),
  ...all("RESHAPE", reshaped),
  ...all("SQUEEZE", squeezed),
  ...all("STRIDED_SLICE", sliced),
  ...all("GATHER", gathered),
  ...all("GATHER_ND", gatheredByPlace),
]);

/**
 * Settles tensors whose shape is [], which stands for a scalar and for an unknown rank alike: the operator that makes one says its
 * rank, from the shapes of its inputs; what a subgraph is called with says that of its inputs. Where nothing
 * does it is a scalar, as the runtime has it, unless the file's writer tells scalars from others with `has_rank`.
 */
export function settleRanks(subgraphs: readonly Subgraph[], tellsRanks: boolean): void {
  const unsaid = tellsRanks ? null : 0;
  const settle = (tensor: TfliteTensor, rank: Rank) => {
    if (!tensor.dims && rank !== null && rank >= 0 && rank <= MAX_RANK) setRank(tensor, rank);
  };
  const [main] = subgraphs;
  const waiting = new Set(main ? [main] : []);
  // A set gives what is added to it while it is gone through, and each once.
  for (const { inputs, operators } of waiting) {
    for (const tensor of inputs) settle(tensor, unsaid);
    for (const operator of operators) {
      for (const called of calledBy(operator, subgraphs)) {
        if (waiting.has(called)) continue;
        const first = operator.name === "IF" ? 1 : 0;
        for (const [i, tensor] of called.inputs.entries())
          settle(tensor, operator.inputs[first + i]?.dims?.length ?? null);
        waiting.add(called);
      }
      if (operator.outputs.every((tensor) => tensor.dims)) continue;
      const rule = operator.isCustom ? undefined : RULES.get(operator.name);
      const rank = rule ? rule(operator) : unsaid;
      for (const [i, tensor] of operator.outputs.entries())
        settle(tensor, operator.name === "WHILE" ? rankOf(operator, i) : rank);
    }
  }
}

function setRank(tensor: TfliteTensor, rank: number): void {
  const open: { -readonly [Name in "shape" | "dims"]: TfliteTensor[Name] } = tensor;
  open.dims = new Array<null>(rank).fill(null);
  open.shape = new Array<number>(rank).fill(1);
}

/** Subgraphs that an operator's options name. */
function calledBy({ isCustom, options }: Operator, subgraphs: readonly Subgraph[]): Subgraph[] {
  if (isCustom) return [];
  const found: Subgraph[] = [];
  for (const option in options) {
    const called = option.includes("subgraph") ? subgraphs[Number(options[option])] : undefined;
    if (called) found.push(called);
  }
  return found;
}
