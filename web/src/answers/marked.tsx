import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useUrl } from "../inputs/use-url.ts";

/** Width and height of a picture as it is shown. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The picture that was given, with something drawn over it in its own pixels. */
export function Marked(props: { picture: Blob; title: string; draw(size: Size): ComponentChildren }) {
  const { picture, title, draw } = props;
  const url = useUrl(picture);
  const [size, setSize] = useState<Size | null>(null);
  if (url === "") return null;
  return (
    <div class="marked">
      <img
        src={url}
        alt=""
        onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) =>
          setSize({ width, height })
        }
        onError={() => setSize(null)}
      />
      {size && (
        <svg viewBox={`0 0 ${size.width} ${size.height}`} role="img">
          <title>{title}</title>
          {draw(size)}
        </svg>
      )}
    </div>
  );
}

/** Colours that are told apart on any picture, also by who sees no red or green (Okabe and Ito 2008). */
const COLORS = ["#56b4e9", "#e69f00", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"];

/** A colour for each label, the same wherever the label stands. */
export function colorsOf(labels: readonly string[]): (label: string) => string {
  const known = [...new Set(labels)];
  return (label) => COLORS[known.indexOf(label) % COLORS.length] ?? "#56b4e9";
}
