import type { ImageInput } from "../../model/contract/contract.ts";
import { huesOf, lookAt, type Picture, type PictureLook } from "../media/image/index.ts";

/** Grey levels between which a picture is as good as empty: noise of a camera or a JPEG. */
const EVEN = 12;
/** How many times longer than wide, beside what the model takes, a picture is distorted or cut beyond recognition. */
const UNLIKE = 2;
/** A picture enlarged by more has little left of what the model learned to see. */
const ENLARGED = 4;
/**
 * Smoothness below which a picture is noise. Photos of grass and gravel, the roughest there are, have 0.67 and more at
 * 224×224; noise that was shrunk to it has 0.2 to 0.52.
 */
const NOISE = 0.58;

/** What is unlike the pictures that the model was made for; words for a person, none where nothing is. */
export function warnOfPicture(picture: Picture, input: ImageInput): string[] {
  const look = lookAt(picture);
  const warnings = warnOfSize(picture, input);
  if (look.contrast <= EVEN) {
    warnings.push("The picture is of one even colour: there is nothing to recognise.");
  } else if (input.ground !== undefined) {
    warnings.push(...warnOfDrawing(look, picture, input.ground));
  } else if (look.smoothness < NOISE) {
    warnings.push("The picture looks like noise: pixels beside each other have nothing in common.");
  } else if (input.color !== "GRAY" && isDrawing(look, picture)) {
    warnings.push(
      "The picture is strokes of one ink on an even ground: a model that was made for photos does not know what to say of it.",
    );
  }
  return warnings;
}

function warnOfSize({ source, width, height }: Picture, input: ImageInput): string[] {
  const warnings: string[] = [];
  const size = `${source.width}×${source.height}`;
  const ratio = source.width / source.height / (width / height);
  if (input.size[0] !== null && input.size[1] !== null && Math.max(ratio, 1 / ratio) > UNLIKE) {
    const effect = { stretch: "it is distorted", crop: "most of it is cut off" } as const;
    const done =
      input.resize === "stretch" || input.resize === "crop" ? effect[input.resize] : "little is left of it";
    warnings.push(
      `The picture is ${size} and the model looks at ${width}×${height}: ${done}. Cut out what matters.`,
    );
  }
  if (Math.max(width / source.width, height / source.height) > ENLARGED) {
    warnings.push(`The picture is only ${size}: it is enlarged to ${width}×${height}.`);
  }
  return warnings;
}

/*
 * How pictures of strokes on a ground are told from others, at 28×28. Of the 10,000 test pictures of MNIST and 810 drawn
 * digits (22 fonts, pens of 0.7 to 5.5 pixels, blurred, coloured, JPEG of quality 20, chalk, lit unevenly, photographed on
 * paper) none crosses a bound; of 170 photos, parts of photos, gradients and noise, nine in ten do. What does not shows
 * one thing on an even ground, as a drawing does.
 */

/** Least part of the picture that is ground; drawings have 0.59 and more. */
const GROUND = 0.5;
/** Least part of the border that is ground; drawings have 0.83 and more. */
const EVEN_BORDER = 0.7;
/** Most that is neither ground nor stroke; drawings have 0.15 and less. */
const SHADES = 0.2;
/** Distance of colours from one ink on one ground; drawings have 4 and less, as JPEGs of low quality. */
const HUES = 8;
/** Least difference of strokes from the ground; drawings have 76 and more. */
const FAINT = 48;
/** A ground on the wrong side of the middle by so much is light or dark. */
const MIDDLE = 127.5;
const CLEARLY = 32;
/** Smoothness below which strokes are specks: one in ten thousand drawings of MNIST has less than 0.49, and none 0.45. */
const SPECKS = 0.42;

/** Whether it shows what a pen or a printer leaves on paper. A thing photographed before an even ground has shades or colours. */
function isDrawing({ ground, shades, border }: PictureLook, picture: Picture): boolean {
  return ground >= GROUND && shades <= SHADES && border.even >= EVEN_BORDER && huesOf(picture) <= HUES;
}

/** What is unlike single strokes, all of one ink, on an even ground that is dark or light. */
function warnOfDrawing(look: PictureLook, picture: Picture, ground: "dark" | "light"): string[] {
  const strokes = ground === "dark" ? "light strokes on a dark ground" : "dark strokes on a light ground";
  if (look.ground < GROUND || look.shades > SHADES || look.border.even < EVEN_BORDER) {
    return [
      `The picture has shades all over, as a photo has, but the model was made for ${strokes}: the answer likely means nothing.`,
    ];
  }
  if (huesOf(picture) > HUES) {
    return [
      `The picture is in many colours, of which the model sees none: it was made for ${strokes}, and the answer likely means nothing.`,
    ];
  }
  if (look.smoothness < SPECKS) {
    return [
      `The picture is of specks, but the model was made for ${strokes}: the answer likely means nothing.`,
    ];
  }
  if (look.contrast < FAINT) {
    return [
      `What the picture shows is hardly to be seen at ${picture.width}×${picture.height}, where the model looks at it.`,
    ];
  }
  const light = look.border.median > MIDDLE + CLEARLY;
  const dark = look.border.median < MIDDLE - CLEARLY;
  if (ground === "dark" ? dark : light) return [];
  const found = light ? "a light ground" : dark ? "a dark ground" : "a ground of middle grey";
  const negative = ground === "dark" ? "dark strokes on a light ground" : "light strokes on a dark ground";
  return [
    `The picture has ${found}, but the model was made for ${strokes}: the answer is likely wrong. For ${negative}, ask again with the option invert (\`--option invert=true\` of \`run\`).`,
  ];
}
