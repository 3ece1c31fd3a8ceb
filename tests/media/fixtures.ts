// What Pillow and sox made of the files in tests/fixtures/media; pictures.py and sounds.py there tell how.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ImageInput } from "../../src/model/contract/contract.ts";

const folder = fileURLToPath(new URL("../fixtures/media/", import.meta.url));

export const mediaFile = (name: string): Buffer => readFileSync(`${folder}${name}`);

interface ExpectedPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
  readonly grey?: string;
  readonly black?: string;
  readonly fits?: Readonly<Record<string, string>>;
}

const pictures = JSON.parse(mediaFile("pictures.json").toString()) as Record<string, ExpectedPicture>;
const sounds = JSON.parse(mediaFile("sounds.json").toString()) as Record<string, string> & {
  rates: Record<string, string>;
};

export function expectedPicture(name: string): ExpectedPicture {
  const found = pictures[name];
  if (!found) throw new Error(`pictures.py has not written ${name}`);
  return found;
}

export const bytesOf = (base64: string | undefined): Uint8Array => Buffer.from(base64 ?? "", "base64");

const floatsOf = (base64: string): Float32Array => new Float32Array(Uint8Array.from(bytesOf(base64)).buffer);

export const expectedSound = (name: string): Float32Array => floatsOf(sounds[name] ?? "");
export const expectedRates = Object.entries(sounds.rates).map(([name, base64]) => {
  const [from, to] = name.split("-").map(Number);
  return { from: from ?? 0, to: to ?? 0, samples: floatsOf(base64) };
});

/** A contract that leaves a picture as it is. */
export const asItIs: ImageInput = {
  kind: "image",
  tensor: "x",
  size: [null, null],
  layout: "NHWC",
  color: "RGB",
  resize: "stretch",
  normalize: { scale: 1, mean: [0], std: [1] },
};

/** The largest difference between two rows of numbers of one length. */
export function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers beside ${b.length}`);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] as number) - (b[i] as number)));
  return most;
}
