import type { ImageInput } from "../../../model/contract/contract.ts";
import { lookAt, type Picture } from "../../media/image/index.ts";

/** Grey levels between which a picture is as good as empty: noise of a camera or a JPEG. */
const EVEN = 12;
/** A border on the wrong side of the middle by so much shows a light or a dark ground. */
const MIDDLE = 127.5;
const CLEARLY = 32;
/** How many times longer than wide, beside what the model takes, a picture is distorted or cut beyond recognition. */
const UNLIKE = 2;
/** A picture enlarged by more has little left of what the model learned to see. */
const ENLARGED = 4;

/** What is unlike the pictures that the model was made for; words for a person, none where nothing is. */
export function warnOfPicture(picture: Picture, input: ImageInput): string[] {
  const warnings: string[] = [];
  const { source, width, height } = picture;
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
  // Looking costs time that only small pictures, and models that expect a certain ground, are worth.
  if (input.ground === undefined) return warnings;
  const look = lookAt(picture);
  if (look.contrast <= EVEN) {
    warnings.push("The picture is of one even colour: there is nothing to recognise.");
  } else if (input.ground === "dark" && look.border > MIDDLE + CLEARLY && look.border > look.mean) {
    warnings.push(
      "The picture shows dark strokes on a light ground, but the model expects light strokes on a dark one: the answer is likely wrong. Ask again with the option invert.",
    );
  } else if (input.ground === "light" && look.border < MIDDLE - CLEARLY && look.border < look.mean) {
    warnings.push(
      "The picture shows light strokes on a dark ground, but the model expects dark strokes on a light one: the answer is likely wrong. Ask again with the option invert.",
    );
  }
  return warnings;
}
