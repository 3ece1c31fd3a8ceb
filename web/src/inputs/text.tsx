import { useEffect, useState } from "preact/hooks";
import type { InputProps } from "./given.ts";

/** A text, sent as it is. */
export function TextPanel({ busy, given, give }: InputProps) {
  const [text, setText] = useState("");
  useEffect(() => {
    if (typeof given?.input === "string") setText(given.input);
  }, [given]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        give({ input: text, name: "text" });
      }}
    >
      <textarea
        rows={6}
        aria-label="Text"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" disabled={busy || text === ""}>
        Ask
      </button>
    </form>
  );
}
