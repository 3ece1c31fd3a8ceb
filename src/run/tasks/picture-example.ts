import type { ImageInput } from "../../model/contract/contract.ts";
import { loadSharp } from "../media/image/index.ts";
import type { TaskExample } from "./task.ts";

/** Side of an example where the model takes any. */
const DEFAULT_SIDE = 224;

/**
 * A picture that the model could take, drawn: a handwritten three where single strokes are expected, else a landscape.
 * Drawn as paths, since a server has no fonts.
 */
export async function drawExample(input: ImageInput): Promise<TaskExample> {
  const [height, width] = [input.size[0] ?? DEFAULT_SIDE, input.size[1] ?? DEFAULT_SIDE];
  const strokes = input.ground !== undefined;
  const svg = strokes ? digit(input.ground === "dark") : LANDSCAPE;
  const sharp = await loadSharp();
  const drawing = sharp(Buffer.from(svg)).resize({ width, height, fit: "fill" });
  if (!strokes) {
    const bytes = await drawing.jpeg({ quality: 90 }).toBuffer();
    return { mediaType: "image/jpeg", bytes, name: "landscape.jpg" };
  }
  const grey = input.color === "GRAY" ? drawing.toColourspace("b-w") : drawing;
  return { mediaType: "image/png", bytes: await grey.png().toBuffer(), name: "three.png" };
}

/** Two arcs in the middle 20 of 28 units, as the digits of MNIST lie. */
function digit(light: boolean): string {
  const [stroke, ground] = light ? ["#fff", "#000"] : ["#000", "#fff"];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="280" height="280" viewBox="0 0 28 28">
<rect width="28" height="28" fill="${ground}"/>
<path d="M 9 7.5 C 12 4.5 18.5 5 18.5 9 C 18.5 12 15.5 13.3 13 13.5 C 16 13.5 19.5 15 19.5 18.3 C 19.5 23 12 24 8.5 20.8"
 fill="none" stroke="${stroke}" stroke-width="2.4" stroke-linecap="round"/></svg>`;
}

const LANDSCAPE = `<svg xmlns="http://www.w3.org/2000/svg" width="448" height="448" viewBox="0 0 100 100">
<defs><linearGradient id="sky" x2="0" y2="1"><stop offset="0" stop-color="#4a8fd6"/><stop offset="1" stop-color="#d9ecf7"/>
</linearGradient></defs><rect width="100" height="100" fill="url(#sky)"/><circle cx="74" cy="22" r="9" fill="#ffe9a8"/>
<path d="M0 70 L22 34 L38 58 L58 26 L100 74 V100 H0 Z" fill="#6f7f8f"/><path d="M51 37 L58 26 L66 35 L60 38 L56 35 Z" fill="#f5f8fa"/>
<path d="M0 74 Q28 62 54 74 T100 70 V100 H0 Z" fill="#4d7d42"/><path d="M0 90 Q40 80 100 92 V100 H0 Z" fill="#35602f"/>
</svg>`;
