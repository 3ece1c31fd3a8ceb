import { percent } from "../words.ts";
import type { AnswerProps } from "./given-answer.ts";
import { colorsOf, Marked } from "./marked.tsx";

interface Thing {
  readonly label: string;
  readonly score: number;
  readonly box: {
    readonly xmin: number;
    readonly ymin: number;
    readonly xmax: number;
    readonly ymax: number;
  };
  readonly keypoints?: readonly { readonly label: string; readonly x: number; readonly y: number }[];
}

/** What was found: boxes over the picture, and a list of them. */
export function Things({ answer, given }: AnswerProps) {
  const things = answer as readonly Thing[];
  const color = colorsOf(things.map(({ label }) => label));
  const counts = new Map<string, number>();
  for (const { label } of things) counts.set(label, (counts.get(label) ?? 0) + 1);
  const said = [...counts].map(([label, count]) => (count > 1 ? `${count} × ${label}` : label)).join(", ");
  return (
    <>
      <p class="said small">{said || "Nothing was found."}</p>
      {given.input instanceof Blob && (
        <Marked
          picture={given.input}
          title={`What was found: ${said || "nothing"}`}
          draw={({ width, height }) => {
            const unit = Math.max(width, height) / 500;
            return things.map((thing, i) => (
              <Box key={i} thing={thing} ink={color(thing.label)} unit={unit} />
            ));
          }}
        />
      )}
      <ol class="found">
        {things.map(({ label, score, box: { xmin, ymin, xmax, ymax } }, i) => (
          <li key={i}>
            <span class="dot" style={{ background: color(label) }} />
            <span class="label">{label}</span>
            <span class="score">{percent(score)}</span>
            <span class="quiet">
              {xmin}, {ymin} to {xmax}, {ymax}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

function Box({ thing, ink, unit }: { thing: Thing; ink: string; unit: number }) {
  const { label, score, box, keypoints = [] } = thing;
  const above = box.ymin > 16 * unit;
  return (
    <g stroke={ink} fill="none">
      <rect
        x={box.xmin}
        y={box.ymin}
        width={box.xmax - box.xmin}
        height={box.ymax - box.ymin}
        stroke-width={2.5 * unit}
      />
      {keypoints.map((point) => (
        <circle key={point.label} cx={point.x} cy={point.y} r={3.5 * unit} fill={ink} stroke="none">
          <title>{point.label}</title>
        </circle>
      ))}
      <text
        x={box.xmin + 2 * unit}
        y={above ? box.ymin - 4 * unit : box.ymin + 16 * unit}
        font-size={15 * unit}
        stroke-width={3 * unit}
      >
        {label} {percent(score)}
      </text>
    </g>
  );
}
