import { isModelyardError, ModelyardError, toPlainError } from "../../base/errors/index.ts";
import { demandDevice } from "../runtime/index.ts";
import { type Found, type Item, isPath, modelsNamedBy, scanFolder } from "./folder.ts";

interface NamedDevice {
  readonly device: string;
  /** The line of model.yaml that names it. */
  readonly where: string;
}

/**
 * Tries the devices that a person names, before anything is loaded.
 * @param all of all models; it goes before what a model.yaml says
 * @param cache the hub's cache folder
 * @throws RUN_DEVICE_ABSENT, RUN_DEVICE_UNKNOWN of the device of all; with the line that names it in `where`
 */
export async function demandDevices(
  all: string | undefined,
  items: readonly Item[],
  cache: string,
): Promise<void> {
  if (all !== undefined) return demandDevice(all);
  for (const { device, where } of await namedIn(items, cache)) {
    try {
      await demandDevice(device);
    } catch (error) {
      // A name that is none is a mistake of that file, with which its model is listed.
      if (!isModelyardError(error) || error.code !== "RUN_DEVICE_ABSENT") continue;
      throw new ModelyardError({ ...toPlainError(error), where });
    }
  }
}

/** Each device once, models of pipelines among those that name them. What lies elsewhere is not fetched for it. */
async function namedIn(items: readonly Item[], cache: string): Promise<NamedDevice[]> {
  const named = new Map<string, NamedDevice>();
  for (const item of items) {
    for (const found of await modelsOf(item, cache)) {
      const device = found.file.serving?.device;
      if (device === undefined || named.has(device)) continue;
      named.set(device, { device, where: await placeOf(found) });
    }
  }
  return [...named.values()];
}

async function modelsOf(item: Item, cache: string): Promise<Found[]> {
  if ("file" in item) return [item];
  if ("error" in item) return [];
  if (!("pipeline" in item)) return [item];
  const models: Found[] = [];
  for (const model of modelsNamedBy(item).filter(isPath)) {
    // One that is not there is told of when the pipeline is loaded.
    const found = await scanFolder(model, { keepIn: cache }).catch(() => []);
    for (const each of found) if (!("error" in each) && !("pipeline" in each)) models.push(each);
  }
  return models;
}

async function placeOf({ yaml, source }: Found): Promise<string> {
  if (!yaml) return source;
  const { locateIn } = await import("../../model/contract/file/locate.ts");
  return locateIn(yaml.text, yaml.path)(["serving", "device"]) ?? yaml.path;
}
