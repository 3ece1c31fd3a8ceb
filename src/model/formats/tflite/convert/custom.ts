import { type FlexValue, readFlexbuffer } from "../../../wire/index.ts";
import type { Build } from "./build.ts";
import type { Op } from "./operator.ts";
import { refuse } from "./refusal.ts";

/** The options of a custom operator that writes them as a flexbuffer: names with values. */
export class FlexOptions {
  readonly #values: ReadonlyMap<string, FlexValue>;

  constructor(values: ReadonlyMap<string, FlexValue>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return (this.#values.get(name) ?? null) !== null;
  }

  /** A number, in the 32 bits that kernels read it with. @throws Refusal where it is absent and there is no other */
  number(name: string, fallback?: number): number {
    const value = this.#values.get(name) ?? fallback;
    if (typeof value === "boolean") return value ? 1 : 0;
    if (typeof value !== "number") throw refuse(`its option ${name} is no number`);
    return Math.fround(value);
  }

  /** A whole number. @throws Refusal where it is none from `least` to `most`, or absent and there is no other */
  integer(name: string, least: number, most: number, fallback?: number): number {
    const value = Math.trunc(this.number(name, fallback));
    if (!(value >= least && value <= most)) throw refuse(`its option ${name} is ${value}`);
    return value;
  }

  text(name: string, fallback: string): string {
    const value = this.#values.get(name) ?? fallback;
    if (typeof value !== "string") throw refuse(`its option ${name} is no text`);
    return value;
  }

  /** A list of numbers that count something. @throws Refusal */
  indices(name: string): number[] {
    const value = this.#values.get(name);
    if (!Array.isArray(value) || !value.every((each) => Number.isSafeInteger(each) && each >= 0))
      throw refuse(`its option ${name} is no list of indices`);
    return value as number[];
  }
}

/** @throws MODEL_FLATBUFFER_DAMAGED, Refusal */
export async function flexOptions(op: Op, build: Build): Promise<FlexOptions> {
  const bytes = await build.custom(op.operator);
  if (bytes.byteLength === 0) return new FlexOptions(new Map());
  const value = readFlexbuffer(bytes, build.context.source.name, op.operator.custom?.offset);
  if (!(value instanceof Map)) throw refuse("its options are no names with values");
  return new FlexOptions(value);
}

/** The options of a custom operator that writes them as a struct of C: its first numbers, of 32 bits each. @throws Refusal */
export async function structOptions(op: Op, build: Build, count: number): Promise<number[]> {
  const bytes = await build.custom(op.operator);
  if (bytes.byteLength < 4 * count) throw refuse(`its options are ${bytes.byteLength} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true));
}
