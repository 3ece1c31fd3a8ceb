import { useRef, useState } from "preact/hooks";

/** A field that takes one file: chosen, dropped or pasted. */
export function Drop(props: { types: readonly string[]; words: string; take(file: File): void }) {
  const { types, words, take } = props;
  const [over, setOver] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const first = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) take(file);
  };
  return (
    <label
      class={over ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        first(event.dataTransfer?.files);
      }}
      onPaste={(event) => first(event.clipboardData?.files)}
    >
      <input
        ref={field}
        type="file"
        accept={types.join(",")}
        onChange={() => {
          first(field.current?.files);
          // The same file chosen again is a question again.
          if (field.current) field.current.value = "";
        }}
      />
      <span>{words}</span>
    </label>
  );
}
