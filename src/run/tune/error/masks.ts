import { loadSharp } from "../../media/image/index.ts";
import { field, type Metric, mean } from "./metric.ts";

/** The mean difference of the masks' pixels, of what a pixel can be. A mask that is missing differs wholly. */
export const pixels: Metric = {
  title: "mask error",
  problemOf: (truth) =>
    Array.isArray(truth) && truth.every((each) => typeof field(each, "mask") === "string")
      ? null
      : "it is no list of masks, each with a label and a PNG in base64",
  async of(pairs) {
    const errors: number[] = [];
    for (const { truth, answer } of pairs) {
      const [right, found] = [masksOf(truth), masksOf(answer)];
      for (const label of new Set([...right.keys(), ...found.keys()])) {
        errors.push(await difference(right.get(label), found.get(label)));
      }
    }
    return mean(errors);
  },
};

/** PNGs in base64, by label. */
function masksOf(given: unknown): Map<unknown, string> {
  return new Map(
    Array.isArray(given) ? given.map((each) => [field(each, "label"), String(field(each, "mask"))]) : [],
  );
}

async function difference(a: string | undefined, b: string | undefined): Promise<number> {
  if (a === undefined || b === undefined) return 1;
  const sharp = await loadSharp();
  const read = (png: string) =>
    sharp(Buffer.from(png, "base64")).greyscale().raw().toBuffer({ resolveWithObject: true });
  const [one, other] = [await read(a), await read(b)];
  if (one.info.width !== other.info.width || one.info.height !== other.info.height) return 1;
  let sum = 0;
  for (let i = 0; i < one.data.length; i++)
    sum += Math.abs((one.data[i] as number) - (other.data[i] as number));
  return sum / 255 / one.data.length;
}
