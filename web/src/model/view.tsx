import type { ModelEntry } from "../../../src/client/index.ts";
import { TroubleBox } from "../trouble.tsx";
import { bytes } from "../words.ts";
import { Ask } from "./ask.tsx";
import { CallLines } from "./call-lines.tsx";
import { Facts } from "./facts.tsx";
import { Meaning } from "./meaning.tsx";
import { Signature } from "./signature.tsx";
import { useDetail } from "./use-detail.ts";

/** One model: ask it something, and read what it is. */
export function ModelView({ entry }: { entry: ModelEntry }) {
  const { model, trouble } = useDetail(entry);
  return (
    <article>
      <h1>{entry.name}</h1>
      {trouble && <TroubleBox trouble={trouble} />}
      {entry.state !== "ready" && <NotReady entry={entry} />}
      {model && (
        <>
          {model.description && <p class="lead">{model.description}</p>}
          <p class="summary">
            {model.task?.id === "pipeline" ? "Answers in" : "Takes"} {model.summary}
            {/[.!?]$/.test(model.summary) ? "" : "."}
          </p>
          <Ask model={model} />
          <CallLines examples={model.examples} />
          <Meaning reasons={model.reasons} />
          <Signature signature={model.signature} />
          <Facts model={model} />
        </>
      )}
    </article>
  );
}

function NotReady({ entry: { state, reason, progress } }: { entry: ModelEntry }) {
  if (state === "unavailable") {
    return <TroubleBox trouble={{ message: "This model cannot be asked.", where: reason }} />;
  }
  const done = progress && progress.total > 0 ? `: ${bytes(progress.done)} of ${bytes(progress.total)}` : "";
  return (
    <p class="quiet" role="status">
      This model is not ready yet: {state}
      {done}. The page goes on by itself.
    </p>
  );
}
