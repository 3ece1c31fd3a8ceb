import { useEffect, useState } from "preact/hooks";
import { TroubleBox } from "../trouble.tsx";
import { Drop } from "./drop.tsx";
import type { InputProps } from "./given.ts";

/** Characters that a field is filled with: a browser breaks millions into lines for seconds, and nobody reads them. */
const MAX_SHOWN = 200_000;

/** Named tensors as JSON: lists by name. */
export function TensorsPanel({ model, busy, given, give }: InputProps) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const input = given?.input;
    if (typeof input !== "object" || input instanceof Blob) return;
    const json = JSON.stringify(input);
    setText(json.length > MAX_SHOWN ? "" : json);
  }, [given]);
  const ask = (json: string) => {
    setText(json);
    try {
      const value: unknown = JSON.parse(json);
      if (typeof value !== "object" || value === null)
        throw new Error("An object of lists by name is needed.");
      setProblem("");
      // A whole request's body may be dropped here as well.
      const inputs = "inputs" in value && !takes(model, "inputs") ? (value.inputs as object) : value;
      give({ input: inputs, name: "tensors" });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        ask(text);
      }}
    >
      <textarea
        rows={8}
        class="code"
        aria-label="Tensors as JSON"
        placeholder={wish(model)}
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {problem && <TroubleBox trouble={{ message: "This is not JSON of tensors.", where: problem }} />}
      <button type="submit" disabled={busy || text.trim() === ""}>
        Ask
      </button>
      <Drop
        types={["application/json", ".json"]}
        words="Or drop a .json file here"
        take={(file) => void file.text().then(ask)}
      />
    </form>
  );
}

type Model = InputProps["model"];

function takes(model: Model, name: string): boolean {
  return model.signature.inputs.some((input) => input.name === name);
}

function wish({ signature }: Model): string {
  const parts = signature.inputs.map(
    ({ name, dtype, shape }) =>
      `  ${JSON.stringify(name)}: ${dtype} [${(shape ?? ["any"]).map((dim) => dim ?? "?").join(", ")}]`,
  );
  return `{\n${parts.join(",\n")}\n}`;
}
