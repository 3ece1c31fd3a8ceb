import { percent } from "../words.ts";
import type { AnswerProps } from "./given-answer.ts";
import { colorsOf, Marked, type Size } from "./marked.tsx";

interface Segment {
  readonly label: string;
  readonly score: number | null;
  /** A PNG in base64, white where it is. */
  readonly mask: string;
}

/** What the pixels belong to, tinted over the picture; a background stays as it is. */
export function Segments({ answer, given }: AnswerProps) {
  const segments = answer as readonly Segment[];
  const shown = segments.filter(({ label }) => !/^background$/i.test(label));
  const color = colorsOf(shown.map(({ label }) => label));
  const said = shown.map(({ label }) => label).join(", ");
  return (
    <>
      <p class="said small">{said || "Nothing was found."}</p>
      {given.input instanceof Blob && (
        <Marked
          picture={given.input}
          title={`What the pixels belong to: ${said || "nothing"}`}
          draw={(size) =>
            shown.map((segment, i) => (
              <Tint key={i} id={`mask-${i}`} mask={segment.mask} ink={color(segment.label)} size={size} />
            ))
          }
        />
      )}
      <ol class="found">
        {segments.map(({ label, score }, i) => (
          <li key={i}>
            <span
              class="dot"
              style={{ background: shown.some((each) => each.label === label) ? color(label) : "none" }}
            />
            <span class="label">{label}</span>
            <span class="score">{score === null ? "" : percent(score)}</span>
            <span />
          </li>
        ))}
      </ol>
    </>
  );
}

function Tint({ id, mask, ink, size }: { id: string; mask: string; ink: string; size: Size }) {
  const { width, height } = size;
  return (
    <>
      <mask id={id}>
        <image
          href={`data:image/png;base64,${mask}`}
          width={width}
          height={height}
          preserveAspectRatio="none"
        />
      </mask>
      <rect class="tint" width={width} height={height} fill={ink} mask={`url(#${id})`} />
    </>
  );
}
