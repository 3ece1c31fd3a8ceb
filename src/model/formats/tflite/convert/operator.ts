import type { Operator, TfliteTensor } from "../file/model.ts";
import type { OptionsOf } from "../schema/options.ts";
import type { Build } from "./build.ts";
import { refuse } from "./refusal.ts";

/** An operator of the file on its way to ONNX. */
export interface Op<Name extends string = string> {
  readonly name: string;
  /** As schema.fbs names them, with its defaults where the file has none. */
  readonly options: OptionsOf<Name>;
  readonly inputs: readonly (TfliteTensor | null)[];
  readonly outputs: readonly TfliteTensor[];
  readonly operator: Operator;
  /** An input that must be there. @throws Refusal */
  input(index: number): TfliteTensor;
  /** An input that may be left out. */
  optional(index: number): TfliteTensor | null;
  /** @throws Refusal */
  output(index: number): TfliteTensor;
}

/** How an operator becomes ONNX: reads its inputs from the build, emits nodes, and sets its outputs. @throws Refusal */
export type Lower<Name extends string = string> = (op: Op<Name>, build: Build) => void | Promise<void>;

/** A row of operators/table.ts. */
export interface OperatorRow {
  /** A builtin's name in schema.fbs, or what a custom operator calls itself. */
  readonly name: string;
  readonly isCustom: boolean;
  readonly lower: Lower;
}

/** The row of a builtin operator. */
export function operator<const Name extends string>(name: Name, lower: Lower<Name>): OperatorRow {
  return { name, isCustom: false, lower: lower as Lower };
}

/** The row of a custom operator; its options are bytes: see Build.custom. */
export function custom(name: string, lower: Lower): OperatorRow {
  return { name, isCustom: true, lower };
}

export function opOf(of: Operator): Op {
  const { name, options, inputs, outputs } = of;
  return {
    name,
    options: options as Op["options"],
    inputs,
    outputs,
    operator: of,
    input(index) {
      const tensor = inputs[index];
      if (!tensor) throw refuse(`its input ${index} is left out`);
      return tensor;
    },
    optional: (index) => inputs[index] ?? null,
    output(index) {
      const tensor = outputs[index];
      if (!tensor) throw refuse(`it has no output ${index}`);
      return tensor;
    },
  };
}
