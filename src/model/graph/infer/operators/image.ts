import { divideExactly, product } from "../extent/index.ts";
import {
  type Application,
  elementsOf,
  type Family,
  type Rule,
  shapeOf,
  stringAttribute,
  unknownShape,
} from "../rule.ts";
import { sameLength } from "./like.ts";

/** uint8 [height, width, channels] */
const decode: Rule = (at) => [
  { shape: [null, null, stringAttribute(at, "pixel_format", "RGB") === "Grayscale" ? 1 : 3] },
];

/** [N, C · block…, blocks] → [N, C, image…] */
const col2im: Rule = (at) => {
  const data = shapeOf(at, 0);
  const image = elementsOf(at, 1) ?? unknownShape(countIn(at, 1) ?? countIn(at, 2));
  const block = elementsOf(at, 2);
  const channels = divideExactly(data?.[1] ?? null, block && product(block));
  return [{ shape: image && [data?.[0] ?? null, channels, ...image] }];
};

/** How many lengths an input lists. */
function countIn(at: Application, index: number): number | null {
  const count = shapeOf(at, index)?.[0];
  return typeof count === "number" ? count : null;
}

/** theta [N, 2, 3] or [N, 3, 4], size (N, C, …) → [N, …, 2 or 3] */
const affineGrid: Rule = (at) => {
  const theta = shapeOf(at, 0);
  const size = elementsOf(at, 1);
  const matrix = theta?.[1];
  const axes = (size?.length ?? countIn(at, 1) ?? 2 + (typeof matrix === "number" ? matrix : Number.NaN)) - 2;
  const spatial = size ? size.slice(2) : unknownShape(axes);
  return [{ shape: spatial && [sameLength(at, theta?.[0], size?.[0]), ...spatial, axes] }];
};

export const IMAGE: Family = {
  domain: "",
  rules: {
    AffineGrid: affineGrid,
    Col2Im: col2im,
    ImageDecoder: decode,
  },
};
