import { useState } from "preact/hooks";
import type { ModelDetail } from "../../../src/client/index.ts";
import { answerView } from "../answers/table.ts";
import type { Given } from "../inputs/given.ts";
import { inputPanel } from "../inputs/table.ts";
import { server } from "../server.ts";
import { TroubleBox, WarningBox } from "../trouble.tsx";
import { duration, type Trouble, troubleOf } from "../words.ts";
import { type Asking, useAsk } from "./use-ask.ts";

/** Something goes in on the left; what the model says of it stands on the right. */
export function Ask({ model }: { model: ModelDetail }) {
  const { ask, ...asking } = useAsk(model.name);
  const [given, setGiven] = useState<Given | null>(null);
  const [noExample, setNoExample] = useState<Trouble | null>(null);
  const Panel = inputPanel(model);
  const give = (next: Given) => {
    setNoExample(null);
    setGiven(next);
    ask(next);
  };
  const tryExample = async () => {
    try {
      give(await readExample(model.name));
    } catch (error) {
      setNoExample(troubleOf(error));
    }
  };
  return (
    <div class="ask">
      <section class="card" aria-label="Input">
        <div class="head">
          <h2>Input</h2>
          <button type="button" class="main" onClick={() => void tryExample()}>
            Try an example
          </button>
        </div>
        <Panel model={model} busy={asking.busy} given={given} give={give} />
        {noExample && <TroubleBox trouble={noExample} />}
      </section>
      <section class="card answer" aria-label="Answer" aria-live="polite" aria-busy={asking.busy}>
        <div class="head">
          <h2>Answer</h2>
          <Progress asking={asking} />
        </div>
        <Answer model={model} asking={asking} />
      </section>
    </div>
  );
}

function Progress({ asking: { busy, parts, asked } }: { asking: Asking }) {
  if (busy)
    return <span class="quiet">{parts.length > 0 ? `reading, part ${parts.length}` : "asking"} …</span>;
  return asked && <span class="quiet">after {duration(asked.ms)}</span>;
}

function Answer({ model, asking: { asked, trouble, busy } }: { model: ModelDetail; asking: Asking }) {
  if (trouble) return <TroubleBox trouble={trouble} />;
  if (!asked)
    return <p class="quiet">{busy ? "" : `This model ${model.task?.title ?? "gives named tensors"}.`}</p>;
  const View = answerView(model);
  return (
    <div class={busy ? "old" : ""}>
      <WarningBox warnings={asked.warnings} />
      <View answer={asked.answer} given={asked.given} />
    </div>
  );
}

/** The model's own example. JSON comes as a request's body: its `inputs` are what is given. */
async function readExample(name: string): Promise<Given> {
  const blob = await server.example(name);
  if (blob.type.startsWith("text/")) return { input: await blob.text(), name: "example" };
  if (!blob.type.startsWith("application/json")) return { input: blob, name: "example" };
  const { inputs } = JSON.parse(await blob.text()) as { inputs: object | string };
  return { input: inputs, name: "example" };
}
