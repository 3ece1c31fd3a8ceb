// A graph that is written as an ONNX file, with weights drawn on the way: field numbers are those of onnx.proto.
import { writeFileSync } from "node:fs";
import { Encoder } from "../../dist/model/wire/index.js";
import { random } from "../../dist/run/runtime/worker/probe-rows.js";

const OPSET = 17;
const TYPES = { float32: 1, int64: 7 };
const ATTRIBUTE = { float: 1, int: 2, ints: 7 };

export class Net {
  parameters = 0;
  inputs = [];
  #nodes = [];
  #constants = [];
  #next;

  constructor(name, seed) {
    this.name = name;
    this.#next = random(seed);
  }

  /** @param shape without the rows */
  input(name, dtype, shape) {
    this.inputs.push({ name, dtype, shape });
  }

  /** @returns the name of its output */
  node(operator, inputs, attributes = {}, output = `v${this.#nodes.length}`) {
    this.#nodes.push({ operator, inputs, attributes, output });
    return output;
  }

  /** Evenly drawn, of that standard deviation. */
  weight(shape, deviation) {
    const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
    const width = deviation * Math.sqrt(12);
    for (let i = 0; i < data.length; i++) data[i] = (this.#next() - 0.5) * width;
    this.parameters += data.length;
    return this.#hold("float32", shape, data);
  }

  constant(shape, values) {
    return this.#hold("float32", shape, Float32Array.from(values));
  }

  longs(values) {
    return this.#hold("int64", [values.length], BigInt64Array.from(values, BigInt));
  }

  #hold(dtype, shape, data) {
    const name = `c${this.#constants.length}`;
    this.#constants.push({ name, dtype, shape, data });
    return name;
  }

  /** @param outputs as inputs are given */
  write(path, ...outputs) {
    const encoder = new Encoder(1024);
    encoder.uint(1, 8);
    encoder.open(7);
    for (const node of this.#nodes) writeNode(encoder, node);
    encoder.string(2, this.name);
    for (const constant of this.#constants) writeTensor(encoder, constant);
    for (const input of this.inputs) writeValue(encoder, 11, input);
    for (const output of outputs) writeValue(encoder, 12, output);
    encoder.close();
    encoder.open(8);
    encoder.uint(2, OPSET);
    encoder.close();
    writeFileSync(path, Buffer.concat([...encoder.finish().parts()]));
  }
}

function writeNode(encoder, { operator, inputs, attributes, output }) {
  encoder.open(1);
  for (const input of inputs) encoder.string(1, input);
  encoder.string(2, output);
  encoder.string(3, output);
  encoder.string(4, operator);
  for (const [name, value] of Object.entries(attributes)) {
    encoder.open(5);
    encoder.string(1, name);
    if (Array.isArray(value)) encoder.ints(8, value.map(BigInt));
    else if (Number.isInteger(value)) encoder.int(3, BigInt(value));
    else encoder.float(2, value);
    encoder.uint(
      20,
      Array.isArray(value) ? ATTRIBUTE.ints : Number.isInteger(value) ? ATTRIBUTE.int : ATTRIBUTE.float,
    );
    encoder.close();
  }
  encoder.close();
}

function writeTensor(encoder, { name, dtype, shape, data }) {
  encoder.open(5);
  for (const dim of shape) encoder.uint(1, dim);
  encoder.uint(2, TYPES[dtype]);
  encoder.string(8, name);
  encoder.bytes(9, new Uint8Array(data.buffer));
  encoder.close();
}

/** With rows that are open. */
function writeValue(encoder, field, { name, dtype, shape }) {
  encoder.open(field);
  encoder.string(1, name);
  encoder.open(2);
  encoder.open(1);
  encoder.uint(1, TYPES[dtype]);
  encoder.open(2);
  encoder.open(1);
  encoder.string(2, "n");
  encoder.close();
  for (const dim of shape) {
    encoder.open(1);
    encoder.uint(1, dim);
    encoder.close();
  }
  for (let i = 0; i < 4; i++) encoder.close();
}
