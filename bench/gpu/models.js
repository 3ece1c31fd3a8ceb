// Makes the models, their inputs and the processor's answers where there is no Python with torch: the nets of nets.py, written as
// ONNX with seeded random weights, batch normalisation folded into the convolutions as the runtime folds it.
// `node models.js <folder> <rows> [--quick]` writes <name>.float32.onnx, <name>.<input>.bin, <name>.expected.bin and models.json.
process.env.ORT_DISABLE_TELEMETRY = "1";

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { random } from "../../dist/run/runtime/worker/probe-rows.js";
import { Net } from "./net.js";

const { InferenceSession, Tensor } = (await import("onnxruntime-node")).default;
const [folder, rowsText, ...flags] = process.argv.slice(2);
const rows = Number(rowsText);
const quick = flags.includes("--quick");

const RESNET = quick
  ? { blocks: [1, 1, 1, 1], width: 8, side: 64, classes: 100 }
  : { blocks: [3, 4, 6, 3], width: 64, side: 224, classes: 1000 };
const ENCODER = quick
  ? { layers: 2, width: 48, heads: 3, vocabulary: 1000, sequence: 16 }
  : { layers: 6, width: 384, heads: 12, vocabulary: 30522, sequence: 128 };

function resnet50({ blocks, width, side, classes }) {
  const net = new Net("resnet50", 1);
  /** Kept small where the branches meet: without statistics of a training, numbers grow from block to block. */
  const conv = (x, from, to, kernel, stride, gain = 1) =>
    net.node(
      "Conv",
      [
        x,
        net.weight([to, from, kernel, kernel], gain * Math.sqrt(2 / (from * kernel ** 2))),
        net.weight([to], 0.01),
      ],
      {
        kernel_shape: [kernel, kernel],
        strides: [stride, stride],
        pads: Array(4).fill(kernel >> 1),
      },
    );
  net.input("image", "float32", [3, side, side]);
  let x = net.node("Relu", [conv("image", 3, width, 7, 2)]);
  x = net.node("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let inside = width;
  for (const [stage, count] of blocks.entries()) {
    for (let i = 0; i < count; i++) {
      const own = width << stage;
      const stride = stage > 0 && i === 0 ? 2 : 1;
      let y = net.node("Relu", [conv(x, inside, own, 1, 1)]);
      y = net.node("Relu", [conv(y, own, own, 3, stride)]);
      y = conv(y, own, own * 4, 1, 1, 0.2);
      const short = stride !== 1 || inside !== own * 4 ? conv(x, inside, own * 4, 1, stride) : x;
      x = net.node("Relu", [net.node("Add", [y, short])]);
      inside = own * 4;
    }
  }
  x = net.node("Flatten", [net.node("GlobalAveragePool", [x])], { axis: 1 });
  net.node(
    "Gemm",
    [x, net.weight([inside, classes], Math.sqrt(1 / inside)), net.weight([classes], 0.01)],
    {},
    "answer",
  );
  return net;
}

function encoder({ layers, width, heads, vocabulary, sequence }) {
  const net = new Net("encoder", 2);
  const linear = (x, from, to) =>
    net.node("Add", [
      net.node("MatMul", [x, net.weight([from, to], Math.sqrt(1 / from))]),
      net.weight([to], 0.01),
    ]);
  const norm = (x) =>
    net.node(
      "LayerNormalization",
      [x, net.constant([width], Array(width).fill(1)), net.constant([width], Array(width).fill(0))],
      {
        axis: -1,
        epsilon: 1e-12,
      },
    );
  const number = (value) => net.constant([], [value]);
  const split = (x, perm) =>
    net.node("Transpose", [net.node("Reshape", [x, net.longs([0, 0, heads, width / heads])])], { perm });
  net.input("ids", "int64", [sequence]);
  net.input("mask", "int64", [sequence]);
  const words = net.node("Gather", [net.weight([vocabulary, width], 1), "ids"], { axis: 0 });
  let x = norm(net.node("Add", [words, net.weight([1, sequence, width], 0.5)]));
  const kept = net.node("Cast", ["mask"], { to: 1 });
  const masked = net.node("Mul", [net.node("Sub", [number(1), kept]), number(-10000)]);
  const bias = net.node("Unsqueeze", [masked, net.longs([1, 2])]);
  for (let layer = 0; layer < layers; layer++) {
    const q = split(linear(x, width, width), [0, 2, 1, 3]);
    const k = split(linear(x, width, width), [0, 2, 3, 1]);
    const v = split(linear(x, width, width), [0, 2, 1, 3]);
    const scores = net.node("Mul", [net.node("MatMul", [q, k]), number((width / heads) ** -0.5)]);
    const weights = net.node("Softmax", [net.node("Add", [scores, bias])], { axis: -1 });
    const y = net.node("Transpose", [net.node("MatMul", [weights, v])], { perm: [0, 2, 1, 3] });
    const joined = net.node("Reshape", [y, net.longs([0, 0, width])]);
    x = norm(net.node("Add", [x, linear(joined, width, width)]));
    const up = linear(x, width, width * 4);
    const bell = net.node("Add", [net.node("Erf", [net.node("Mul", [up, number(Math.SQRT1_2)])]), number(1)]);
    const gelu = net.node("Mul", [net.node("Mul", [up, bell]), number(0.5)]);
    x = norm(net.node("Add", [x, linear(gelu, width * 4, width)]));
  }
  const column = net.node("Unsqueeze", [kept, net.longs([2])]);
  const sum = net.node("ReduceSum", [net.node("Mul", [x, column]), net.longs([1])], { keepdims: 0 });
  net.node("Div", [sum, net.node("ReduceSum", [column, net.longs([1])], { keepdims: 0 })], {}, "answer");
  return net;
}

function feedsOf({ name, inputs }) {
  const next = random(7);
  if (name === "resnet50") {
    const [{ shape }] = inputs;
    const count = shape.reduce((product, dim) => product * dim, rows);
    return { image: Float32Array.from({ length: count }, () => (next() - 0.5) * Math.sqrt(12)) };
  }
  const { sequence, vocabulary } = ENCODER;
  const ids = BigInt64Array.from({ length: rows * sequence }, () => BigInt(Math.floor(next() * vocabulary)));
  // Texts of different lengths, as a batch of sentences has them.
  const lengths = Array.from({ length: rows }, () =>
    Math.floor(sequence / 4 + next() * (sequence * 0.75 + 1)),
  );
  const mask = BigInt64Array.from({ length: rows * sequence }, (_, i) =>
    i % sequence < lengths[Math.floor(i / sequence)] ? 1n : 0n,
  );
  return { ids, mask };
}

/** Row by row, so that a batch is held to what each of its rows gives alone. */
async function answersOf(path, { inputs }, feeds) {
  const session = await InferenceSession.create(path, { logSeverityLevel: 4 });
  const all = [];
  for (let row = 0; row < rows; row++) {
    const own = inputs.map(({ name, dtype, shape }) => {
      const width = shape.reduce((product, dim) => product * dim, 1);
      return [name, new Tensor(dtype, feeds[name].slice(row * width, (row + 1) * width), [1, ...shape])];
    });
    all.push(...(await session.run(Object.fromEntries(own))).answer.data);
  }
  await session.release();
  return Float32Array.from(all);
}

const models = [];
for (const [net, width] of [
  [resnet50(RESNET), RESNET.classes],
  [encoder(ENCODER), ENCODER.width],
]) {
  const { name, inputs, parameters } = net;
  const feeds = feedsOf(net);
  for (const [input, data] of Object.entries(feeds))
    writeFileSync(join(folder, `${name}.${input}.bin`), data);
  const file = `${name}.float32.onnx`;
  net.write(join(folder, file), { name: "answer", dtype: "float32", shape: [width] });
  writeFileSync(join(folder, `${name}.expected.bin`), await answersOf(join(folder, file), net, feeds));
  const identity = `${name}.identity.onnx`;
  const copy = new Net("identity", 0);
  for (const input of inputs) {
    copy.input(`given_${input.name}`, input.dtype, input.shape);
    copy.node("Identity", [`given_${input.name}`], {}, input.name);
  }
  copy.write(join(folder, identity), ...inputs);
  const described = inputs.map((input) => ({ ...input, file: `${name}.${input.name}.bin` }));
  const files = { float32: file };
  models.push({
    name,
    identity,
    files,
    rows,
    parameters,
    inputs: described,
    expected: `${name}.expected.bin`,
  });
}
const made =
  "no Python with torch: errors are differences from the processor's answers to single rows, in float32";
writeFileSync(join(folder, "models.json"), JSON.stringify({ made, models }));
