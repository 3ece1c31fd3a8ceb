import type { Value } from "../../graph/graph.ts";
import { type Draft, say } from "../claims.ts";
import type { ImageInput } from "../contract.ts";
import { addNormalize, RAW } from "./image-normalize.ts";
import type { ImageShape } from "./image-shape.ts";

const CHANNELS = { GRAY: 1, RGB: 3, BGR: 3, RGBA: 4 } as const;

/** Writes a picture into the contract, with what was declared of it and what has to be assumed. */
export function addImage(
  draft: Draft,
  name: string,
  value: Value,
  shape: ImageShape,
  isTextLine: boolean,
): ImageInput {
  const field = `inputs.${name}`;
  const { claims } = draft;
  const image: ImageInput = {
    kind: "image",
    tensor: value.name,
    size: [...shape.size],
    layout: shape.layout,
    color: shape.channels === 1 ? "GRAY" : shape.channels === 4 ? "RGBA" : "RGB",
    resize: "stretch",
    normalize: RAW,
  };
  draft.contract.inputs[name] = image;
  const denoted = shape.sure ? null : claims.get(`kind:${value.name}`);
  const { reason, sure } = shape;
  say(draft, field, denoted ?? { source: "graph", confidence: sure ? "high" : "medium", reason });
  const size = claims.get("imageSize");
  if (size && image.size.some((each) => each === null)) {
    image.size = [image.size[0] ?? size.value[0], image.size[1] ?? size.value[1]];
    say(draft, `${field}.size`, size);
  }
  addColor(draft, field, image, shape);
  addResize(draft, field, image, isTextLine);
  addNormalize(draft, field, image, value, shape, isTextLine);
  return image;
}

/** The mean of blue, green and red that Caffe's nets subtract, in that order. */
const CAFFE_BLUE_FIRST = [103.9, 116.8, 123.7];

function addColor(
  draft: Draft,
  field: string,
  image: ImageInput,
  { channels, arithmetic }: ImageShape,
): void {
  const color = draft.claims.get("color");
  const claim = `${field}.color`;
  if (color && CHANNELS[color.value] === channels) {
    image.color = color.value;
    say(draft, claim, color);
  } else if (color) {
    const reason = `${color.source} says ${color.value}, which does not fit ${channels} channels`;
    say(draft, claim, { source: color.source, confidence: "low", reason });
  } else if (arithmetic.some(({ numbers }) => isNear(numbers, CAFFE_BLUE_FIRST))) {
    image.color = "BGR";
    const reason = "the graph subtracts the mean of blue before that of red, as Caffe's nets have it";
    say(draft, claim, { source: "graph", confidence: "medium", reason });
  } else if (channels === 3) {
    const reason = "nothing says in which order the colours stand; most nets take red first";
    say(draft, claim, { source: "graph", confidence: "low", reason });
  }
}

function isNear(numbers: readonly number[], wanted: readonly number[]): boolean {
  return (
    numbers.length === wanted.length &&
    wanted.every((each, i) => Math.abs(Math.abs(numbers[i] ?? 0) - each) < 0.5)
  );
}

function addResize(draft: Draft, field: string, image: ImageInput, isTextLine: boolean): void {
  const resize = draft.claims.get("resize");
  const crop = draft.claims.get("cropFraction");
  const isPhoto = image.color !== "GRAY" && !isTextLine && image.size.every((each) => each !== null);
  if (resize) {
    image.resize = resize.value;
    say(draft, `${field}.resize`, resize);
  } else if (isTextLine && image.size[1] === null) {
    image.resize = "width-free";
    const reason = "its width is open: a line of text keeps its proportions";
    say(draft, `${field}.resize`, { source: "graph", confidence: "high", reason });
    if (image.size[0] === null) {
      image.size = [48, image.size[1]];
      const why =
        "the height is open; recognisers of the PP-OCR family from version 3 on were trained with 48";
      say(draft, `${field}.size`, { source: "graph", confidence: "medium", reason: why });
    }
  } else if (image.size[0] !== null && image.size[1] === null) {
    image.resize = "width-free";
    const reason = "its height is fixed and its width open: it keeps its proportions";
    say(draft, `${field}.resize`, { source: "graph", confidence: "medium", reason });
  } else if (isPhoto && !crop && image.layout === "NHWC") {
    const reason =
      "nothing says how other sizes are fitted; colours that stand last are TensorFlow's order, whose examples stretch pictures";
    say(draft, `${field}.resize`, { source: "graph", confidence: "low", reason });
    const sampling = "TensorFlow's bilinear resize looks at the four nearest pixels";
    draft.claims.add("antialias", { source: "graph", confidence: "low", value: false, reason: sampling });
  } else if (isPhoto) {
    image.resize = "crop";
    image.cropFraction = crop?.value ?? 0.875;
    const reason = "nothing says how other sizes are fitted; nets for photographs mostly cut out the middle";
    say(draft, `${field}.resize`, crop ?? { source: "graph", confidence: "low", reason });
  } else if (image.size.every((each) => each !== null)) {
    const reason = "nothing says how other sizes are fitted: nothing is cut off";
    say(draft, `${field}.resize`, { source: "graph", confidence: "low", reason });
  }
  if (image.resize === "crop" && crop) image.cropFraction = crop.value;
  const antialias = draft.claims.get("antialias");
  if (!antialias) return;
  image.antialias = antialias.value;
  say(draft, `${field}.antialias`, antialias);
}
