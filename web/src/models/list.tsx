import type { ModelEntry } from "../../../src/client/index.ts";
import { bytes } from "../words.ts";

/** The models by name, with what each does or how far it is on its way. */
export function ModelList({ list, chosen }: { list: readonly ModelEntry[]; chosen: string | null }) {
  return (
    <nav class="models" aria-label="Models">
      <ul>
        {list.map((entry) => (
          <li key={entry.name}>
            <a
              href={`#${encodeURIComponent(entry.name)}`}
              aria-current={entry.name === chosen ? "page" : undefined}
            >
              <span class="name">{entry.name}</span>
              <State entry={entry} />
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function State({ entry }: { entry: ModelEntry }) {
  const { state, progress, card, reason } = entry;
  if (state === "ready") return <span class="state">{card?.task?.title ?? "named tensors"}</span>;
  if (state === "unavailable") {
    return (
      <span class="state bad" title={reason}>
        unavailable
      </span>
    );
  }
  if (!progress || progress.total === 0) return <span class="state">{state} …</span>;
  return (
    <span class="state">
      {bytes(progress.done)} of {bytes(progress.total)}
      <progress value={progress.done} max={progress.total} />
    </span>
  );
}
