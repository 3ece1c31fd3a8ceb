// The packs of tests/fixtures/tflite/cases: models of one operator, inputs, and TensorFlow's answers. README.md there tells the
// format.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type DType, type Tensor, tensorFromBytes } from "../../../src/model/tensor/index.ts";

const FOLDER = join(import.meta.dirname, "../../fixtures/tflite/cases");

export interface Named {
  readonly name: string;
  readonly tensor: Tensor;
}

export interface Expected extends Named {
  /** 1 where values are steps of a quantisation, 0 where they are not. */
  readonly step: number;
  /** The most by which the interpreter's own sets of kernels differ, in the unit of the output. */
  readonly noise: number;
  /** Whether only its type and shape are told: it is drawn at random. */
  readonly random: boolean;
}

export interface Case {
  /** OPERATOR/kind/number. */
  readonly name: string;
  readonly oracle: string;
  readonly model: Uint8Array;
  /** Whether a frame's answers depend on the frames before it. */
  readonly stateful: boolean;
  readonly frames: readonly { readonly inputs: readonly Named[]; readonly outputs: readonly Expected[] }[];
}

/** Operators that have cases, each with its packs. */
export const PACKS: ReadonlyMap<string, readonly string[]> = (() => {
  const packs = new Map<string, string[]>();
  for (const file of readdirSync(FOLDER).sort()) {
    const operator = file.replace(/(\.\d+)?\.gz$/, "");
    packs.set(operator, [...(packs.get(operator) ?? []), file]);
  }
  return packs;
})();

export function casesOf(operator: string): Case[] {
  return (PACKS.get(operator) ?? []).flatMap(unpack);
}

type Place = readonly [offset: number, length: number];

interface TensorRow {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly at?: Place;
  readonly strings?: string[];
  readonly noise?: number;
  readonly quantised?: boolean;
  readonly random?: boolean;
}

interface CaseRow {
  readonly name: string;
  readonly oracle: string;
  readonly model: Place;
  readonly stateful?: boolean;
  readonly frames: readonly Record<"inputs" | "outputs", readonly TensorRow[]>[];
}

function unpack(file: string): Case[] {
  const bytes = gunzipSync(readFileSync(join(FOLDER, file)));
  const start = 4 + bytes.readUInt32LE(0);
  const { cases } = JSON.parse(bytes.toString("utf8", 4, start)) as { cases: CaseRow[] };
  const slice = ([offset, length]: Place) => bytes.subarray(start + offset, start + offset + length);
  const tensor = ({ dtype, shape, at, strings }: TensorRow): Tensor =>
    at
      ? tensorFromBytes(dtype as Exclude<DType, "string">, shape, slice(at))
      : { dtype: "string", shape, data: strings as string[] };
  return cases.map(({ name, oracle, model, stateful = false, frames }) => ({
    name,
    oracle,
    stateful,
    model: slice(model),
    frames: frames.map(({ inputs, outputs }) => ({
      inputs: inputs.map((row) => ({ name: row.name, tensor: tensor(row) })),
      outputs: outputs.map((row) => ({
        name: row.name,
        tensor: tensor(row),
        noise: row.noise ?? 0,
        step: row.quantised ? 1 : 0,
        random: row.random ?? false,
      })),
    })),
  }));
}
