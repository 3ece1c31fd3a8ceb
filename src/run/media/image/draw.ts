import { loadSharp, MAX_PIXELS } from "./decode.ts";
import { textPath } from "./letters.ts";

/** What is drawn over a picture, in its pixels. */
export interface Marks {
  readonly boxes: readonly {
    /** Boxes of one label have one colour. */
    readonly label: string;
    /** What is written at the box. */
    readonly caption: string;
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
    readonly points?: readonly { readonly x: number; readonly y: number }[];
  }[];
  /** PNG files of one channel, whose white is tinted. */
  readonly masks: readonly { readonly label: string; readonly png: Uint8Array }[];
}

/** Colours that are told apart on any picture, also by who sees no red or green (Okabe and Ito 2008). */
const COLORS = ["#56b4e9", "#e69f00", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"] as const;
/** How much of a tinted pixel is tint. */
const TINT = 0.55;

/** Draws boxes with their labels and tints masks over a picture; a PNG of the picture's size, upright. */
export async function drawOver(picture: Uint8Array, { boxes, masks }: Marks): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const upright = await sharp(picture, { autoOrient: true, limitInputPixels: MAX_PIXELS })
    .flatten({ background: "#fff" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = upright.info;
  const channels = upright.info.channels as 1 | 3 | 4;
  const color = colors();
  const layers: { input: Buffer; raw?: { width: number; height: number; channels: 4 } }[] = [];
  for (const { label, png } of masks) {
    const shares = await sharp(png).resize({ width, height, fit: "fill" }).extractChannel(0).raw().toBuffer();
    layers.push({ input: tint(shares, color(label)), raw: { width, height, channels: 4 } });
  }
  if (boxes.length > 0) layers.push({ input: Buffer.from(svgOf(boxes, width, height, color)) });
  const base = sharp(upright.data, { raw: { width, height, channels } });
  return (channels === 1 ? base.toColourspace("srgb") : base).composite(layers).png().toBuffer();
}

/** A colour for each label, the same wherever the label stands. */
function colors(): (label: string) => string {
  const known = new Map<string, string>();
  return (label) => {
    const color = known.get(label) ?? (COLORS[known.size % COLORS.length] as string);
    known.set(label, color);
    return color;
  };
}

function tint(shares: Uint8Array, color: string): Buffer {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  const layer = Buffer.alloc(4 * shares.length);
  for (let i = 0, at = 0; i < shares.length; i++) {
    layer[at++] = red;
    layer[at++] = green;
    layer[at++] = blue;
    layer[at++] = (shares[i] as number) * TINT;
  }
  return layer;
}

/** Boxes as an SVG, their labels as paths: a server has no fonts. */
function svgOf(
  boxes: Marks["boxes"],
  width: number,
  height: number,
  color: (label: string) => string,
): string {
  const line = Math.max(2, Math.round(Math.min(width, height) / 200));
  const parts = boxes.map(({ label, caption, left, top, right, bottom, points = [] }) => {
    const ink = color(label);
    const text = textPath(caption);
    const scale = Math.max(1, line * 0.75);
    const textHeight = (text.height + 4) * scale;
    const y = top - textHeight < 0 ? top : top - textHeight;
    const dots = points.map(
      (point) => `<circle cx="${point.x}" cy="${point.y}" r="${1.5 * line}" fill="${ink}"/>`,
    );
    return `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="${ink}" stroke-width="${line}"/>
<rect x="${left}" y="${y}" width="${(text.width + 4) * scale}" height="${textHeight}" fill="${ink}"/>
<path transform="translate(${left + 2 * scale} ${y + 2 * scale}) scale(${scale})" d="${text.path}" fill="#000"/>${dots.join("")}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${parts.join("\n")}</svg>`;
}
