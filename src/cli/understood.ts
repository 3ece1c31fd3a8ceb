import type { Contract } from "../model/contract/contract.ts";
import type { Tensors } from "../model/tensor/tensor.ts";
import type { Calibration } from "../run/convert/calibration.ts";
import type { OpenedModel } from "../run/pipeline/open.ts";
import type { OpenedFile } from "../run/pipeline/open-file.ts";

// What works out what tensors mean is most of the program, and loaded where somebody asks.

async function understood(opened: OpenedFile): Promise<OpenedModel> {
  const { understand } = await import("../run/pipeline/open.ts");
  return understand(opened);
}

/** A model whose contract is worked out when it is asked for. */
export function withContract(opened: OpenedFile): OpenedFile & { contract(): Promise<Contract> } {
  return { ...opened, contract: async () => (await understood(opened)).contract };
}

/** Tensors for a model's inputs, from the files of `--input name=file`. @throws as readTensors */
export async function readFeeds(pairs: readonly string[], opened: OpenedFile): Promise<Tensors> {
  const { readTensors } = await import("./tensors.ts");
  return readTensors(pairs, (await understood(opened)).signature.inputs);
}

/** Samples for `--calibrate`, from the files of a folder. */
export async function folderCalibration(
  folder: string,
  opened: OpenedFile,
): Promise<Pick<Calibration, "samples">> {
  const { calibrationOf } = await import("../run/pipeline/calibration.ts");
  return calibrationOf(await understood(opened), folder);
}
