import type { ImageInput } from "./contract.ts";

/** A picture as a person would say it: "a grey picture of 28×28, values 0 to 255". */
export function sayImage({ size, color, normalize, layout, resize }: ImageInput): string {
  const colors = { GRAY: "grey", RGB: "colour", BGR: "colour", RGBA: "colour" }[color];
  const isLine = resize === "width-free";
  const order = color === "GRAY" ? "" : `, ${color}`;
  const place = layout === "NHWC" || layout === "HWC" ? ", channels last" : "";
  return `a ${colors} picture${isLine ? " of one line" : ""}${saySize(size)}${order}${place}, ${sayRange(normalize)}`;
}

/** People say width by height; a picture that is not square needs the words. */
function saySize([height, width]: ImageInput["size"]): string {
  if (height !== null && width !== null) {
    return height === width ? ` of ${width}×${height}` : ` ${width} wide and ${height} high`;
  }
  if (height !== null) return `, ${height} high and of any width`;
  return width !== null ? `, ${width} wide and of any height` : " of any size";
}

/** The range that a pixel of 0 to 255 is brought into, and how, where the channels differ. */
function sayRange({ scale, mean, std }: ImageInput["normalize"]): string {
  const at = (pixel: number, i: number) =>
    (pixel * scale - (mean[i] ?? mean[0] ?? 0)) / (std[i] ?? std[0] ?? 1);
  const channels = Array.from({ length: Math.max(mean.length, std.length) }, (_, i) => i);
  const lows = channels.map((i) => at(0, i));
  const highs = channels.map((i) => at(255, i));
  const same = (all: number[]) => all.every((each) => Math.abs(each - (all[0] ?? 0)) < 1e-6);
  if (same(lows) && same(highs)) return `values ${short(lows[0] ?? 0)} to ${short(highs[0] ?? 0)}`;
  const over = std.every((each) => each === 1) ? "" : `, over the deviation ${std.map(short).join(", ")}`;
  const how = `0 to ${short(255 * scale)}, less the mean ${mean.map(short).join(", ")}${over}`;
  return `values ${short(Math.min(...lows))} to ${short(Math.max(...highs))} (${how})`;
}

/** As a person writes it: 0.485, −1, 255. */
export function short(value: number): string {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}
