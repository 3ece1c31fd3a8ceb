import type { Tensor } from "../../../model/tensor/tensor.ts";

/** A model in its own format's runtime. What it keeps from run to run it keeps itself. */
export interface SourceModel {
  /** @throws what the runtime says against the inputs, as an Error */
  run(inputs: readonly Tensor[]): Promise<Tensor[]>;
}

/** What the module of a SourceRuntime exports; it is loaded in a thread of its own, whose globals it may change. */
export interface Adapter {
  /**
   * @param folder of the package
   * @param kernels which set, from 0
   * @throws what the package or its runtime says, as an Error
   */
  open(folder: string, file: Uint8Array, kernels: number): Promise<SourceModel>;
}
