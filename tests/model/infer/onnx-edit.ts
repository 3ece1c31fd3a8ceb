// Changes to the bytes of an ONNX file by the protobuf wire format alone: an oracle leans on no reader or writer of ours.
import { message } from "../files.ts";

interface Field {
  readonly number: number;
  /** The payload of a length-delimited field; null for numbers. */
  readonly bytes: Uint8Array | null;
  /** The field as it stands, tag included. */
  readonly whole: Uint8Array;
}

/** Numbers of the fields that are walked into (onnx.proto). */
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 };
const NODE = { output: 2, attribute: 5 };
const ATTRIBUTE = { graph: 6, graphs: 11 };
const VALUE_NAME = 1;

export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("a protobuf message is cut off");
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    const wire = tag % 8;
    let payload: Uint8Array | null = null;
    if (wire === 2) {
      const length = varint();
      payload = bytes.subarray(at, at + length);
      at += length;
    } else if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else throw new Error(`wire type ${wire}`);
    yield { number: Math.floor(tag / 8), bytes: payload, whole: bytes.subarray(start, at) };
  }
}

const text = new TextDecoder();

function nameOf(valueInfo: Uint8Array): string {
  for (const { number, bytes } of fieldsOf(valueInfo))
    if (number === VALUE_NAME && bytes) return text.decode(bytes);
  return "";
}

function rewrite(bytes: Uint8Array, change: (field: Field) => readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([...fieldsOf(bytes)].flatMap((field) => [...change(field)]));
}

const keep = (field: Field) => [field.whole];
const put = (number: number, bytes: Uint8Array | string) => message([[number, bytes]]);

function editGraph(model: Uint8Array, edit: (graph: Uint8Array) => Uint8Array): Uint8Array {
  return rewrite(model, (field) =>
    field.number === MODEL_GRAPH && field.bytes ? [put(MODEL_GRAPH, edit(field.bytes))] : keep(field),
  );
}

/** The model without any type that it need not have: no value_info, outputs by name alone, in subgraphs too. */
export function withoutTypes(model: Uint8Array): Uint8Array {
  return editGraph(model, stripGraph);
}

function stripGraph(graph: Uint8Array): Uint8Array {
  return rewrite(graph, (field) => {
    const { number, bytes } = field;
    if (!bytes) return keep(field);
    if (number === GRAPH.valueInfo) return [];
    if (number === GRAPH.output) return [put(number, put(VALUE_NAME, nameOf(bytes)))];
    if (number === GRAPH.node) return [put(number, rewrite(bytes, stripAttribute))];
    return keep(field);
  });
}

function stripAttribute(field: Field): readonly Uint8Array[] {
  if (field.number !== NODE.attribute || !field.bytes) return keep(field);
  return [
    put(
      NODE.attribute,
      rewrite(field.bytes, (inner) =>
        (inner.number === ATTRIBUTE.graph || inner.number === ATTRIBUTE.graphs) && inner.bytes
          ? [put(inner.number, stripGraph(inner.bytes))]
          : keep(inner),
      ),
    ),
  ];
}

/** Names of what the nodes of the main graph compute and what the graph does not answer already. */
export function intermediatesOf(model: Uint8Array): string[] {
  const names = new Set<string>();
  const answered = new Set<string>();
  editGraph(model, (graph) => {
    for (const { number, bytes } of fieldsOf(graph)) {
      if (number === GRAPH.output && bytes) answered.add(nameOf(bytes));
      if (number !== GRAPH.node || !bytes) continue;
      for (const each of fieldsOf(bytes))
        if (each.number === NODE.output && each.bytes) names.add(text.decode(each.bytes));
    }
    return graph;
  });
  return [...names].filter((name) => name !== "" && !answered.has(name));
}

/** The model with further outputs, by name alone: the runtime works out their types. */
export function withOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const outputs = names.map((name) => put(GRAPH.output, put(VALUE_NAME, name)));
  return editGraph(model, (graph) => Buffer.concat([graph, ...outputs]));
}

/** Field numbers from a graph's input to the length of a dimension. */
const TO_DIM = [/* ValueInfo.type */ 2, /* tensor_type */ 1, /* shape */ 2, /* dim */ 1];
const DIM = { value: 1, parameter: 2 };
const TENSOR_NAME = 8;

/**
 * The model with a symbol of its own in place of each length of its inputs: what is inferred must hold for every length.
 * Inputs that are constants too keep theirs.
 */
export function withSymbols(model: Uint8Array): Uint8Array {
  return editGraph(model, (graph) => {
    const constants = new Set<string>();
    for (const { number, bytes } of fieldsOf(graph)) {
      if (number !== GRAPH.initializer || !bytes) continue;
      for (const each of fieldsOf(bytes))
        if (each.number === TENSOR_NAME && each.bytes) constants.add(text.decode(each.bytes));
    }
    let index = 0;
    return rewrite(graph, (field) => {
      if (field.number !== GRAPH.input || !field.bytes || constants.has(nameOf(field.bytes)))
        return keep(field);
      const input = index++;
      let axis = 0;
      const named = () => put(DIM.parameter, `i${input}_${axis++}`);
      return [put(GRAPH.input, rewriteAt(field.bytes, TO_DIM, named))];
    });
  });
}

/** Rewrites every message at the end of a path of fields. */
function rewriteAt(bytes: Uint8Array, path: readonly number[], change: () => Uint8Array): Uint8Array {
  const [first, ...rest] = path;
  if (first === undefined) return change();
  return rewrite(bytes, (field) =>
    field.number === first && field.bytes ? [put(first, rewriteAt(field.bytes, rest, change))] : keep(field),
  );
}
