import { cropRegions, type Pixels } from "modelyard";

type Corners = readonly (readonly [number, number])[];
interface Place {
  readonly corners: Corners;
}
interface Line {
  readonly text: string;
  readonly score: number;
}

/** Each piece of text as a picture of its own, upright. */
export function crop({ picture, places }: { picture: Pixels; places: Place[] }): Pixels[] {
  return cropRegions(picture, places);
}

/** What was read, with where it stands. */
export function join({ places, lines }: { places: Place[]; lines: Line[] }) {
  const read = lines.map(({ text, score }, i) => ({ text, score, corners: places[i]?.corners ?? [] }));
  const kept = read.filter(({ text }) => text !== "");
  return { text: kept.map(({ text }) => text).join("\n"), lines: kept };
}
