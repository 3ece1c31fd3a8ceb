import type { Model, Value } from "../../../model/graph/graph.ts";

/** A package with which a format's own runtime can be had, so that what was converted can be held to it. It is nobody's dependency. */
export interface SourceRuntime {
  /** Id of the format. */
  readonly format: string;
  /** On npm. */
  readonly package: string;
  /** The module here that speaks to it: see Adapter. */
  readonly adapter: URL;
  /** Sets of kernels that it can compute with, whose answers may differ in their last bits. */
  readonly kernels: number;
  /** Largest file that it is given, in bytes. */
  readonly limit: number;
  /** What it computes more roughly than the file says, of some models: "3 operators with …"; null where it does not. */
  rough?(model: Model): string | null;
}

const adapter = (name: string): URL =>
  new URL(import.meta.url.endsWith(".ts") ? `./${name}.ts` : `./${name}.js`, import.meta.url);

/** To add the runtime of a format: a line, and a module beside this one. */
export const SOURCE_RUNTIMES: readonly SourceRuntime[] = [
  // In WebAssembly, which has 4 GB for the file, for its weights as the kernels want them and for what is computed.
  {
    format: "tflite",
    package: "@litertjs/core",
    adapter: adapter("litert"),
    kernels: 2,
    limit: 2 ** 30,
    rough: hybrid,
  },
];

/** TFLite's hybrid operators: real numbers times whole weights, for which its kernels round the real numbers to 8 bits. */
function hybrid({ graph }: Model): string | null {
  const dtypeOf = (value: Value | null | undefined) =>
    value?.type?.kind === "tensor" ? value.type.dtype : null;
  const count = graph.nodes.filter(({ inputs: [input, weights] }) => {
    const dtype = weights?.constant ? dtypeOf(weights) : null;
    return dtypeOf(input) === "float32" && dtype !== null && /^u?int[48]$/.test(dtype);
  }).length;
  return count > 0 ? `${count} operators with inputs rounded to 8 bits, since their weights are` : null;
}
