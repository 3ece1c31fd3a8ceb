import type { ImageInput } from "../../../model/contract/contract.ts";
import { loadSharp } from "../../media/image/index.ts";
import type { TaskExample } from "../task.ts";

/** Letters as strokes on a grid of 10 by 14, since a server has no fonts. */
const LETTERS: Readonly<Record<string, readonly [width: number, path: string]>> = {
  H: [10, "M1 0 V14 M9 0 V14 M1 7 H9"],
  e: [8, "M1 9.5 H7 A3.2 3.6 0 1 0 6 12.8"],
  l: [3, "M1.5 0 V14"],
  o: [8, "M4 6 A3.2 4 0 1 0 4.01 6 Z"],
};
const WORD = "Hello";
/** Height of the picture, four times what most recognisers look at. */
const HEIGHT = 192;

/** One printed word, dark on light (or as the model expects). */
export async function drawWord(input: ImageInput): Promise<TaskExample> {
  let x = 3;
  const strokes = [...WORD].map((letter) => {
    const [width, path] = LETTERS[letter] ?? [0, ""];
    const drawn = `<path transform="translate(${x} 3)" d="${path}"/>`;
    x += width + 2;
    return drawn;
  });
  const [ink, paper] = input.ground === "dark" ? ["#fff", "#000"] : ["#111", "#fff"];
  const width = x + 1;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width * 10}" height="200" viewBox="0 0 ${width} 20">
<rect width="${width}" height="20" fill="${paper}"/><g fill="none" stroke="${ink}" stroke-width="1.7">${strokes.join("")}</g></svg>`;
  const sharp = await loadSharp();
  const bytes = await sharp(Buffer.from(svg)).resize({ height: HEIGHT }).png().toBuffer();
  return { mediaType: "image/png", bytes, name: "hello.png" };
}
