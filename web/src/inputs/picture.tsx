import { useState } from "preact/hooks";
import { Choice } from "./choice.tsx";
import { DrawPad } from "./draw.tsx";
import { Drop } from "./drop.tsx";
import { asMedia, type Given, type InputProps } from "./given.ts";
import { imageInput } from "./image-contract.ts";
import { useUrl } from "./use-url.ts";

type Way = "Draw" | "File";

/** A picture from a file, or drawn where the model expects strokes. */
export function PicturePanel({ model, given, give }: InputProps) {
  const { ground } = imageInput(model.contract);
  const [way, setWay] = useState<Way>(ground ? "Draw" : "File");
  const [invert, setInvert] = useState(false);
  const file = given && given.input instanceof Blob ? given.input : null;
  const send = (input: Blob, name: string, negative: boolean) =>
    give({ input, name, ...(negative && { parameters: { invert: true } }) });
  return (
    <>
      {ground && (
        <Choice<Way>
          label="How to give a picture"
          options={["Draw", "File"]}
          value={way}
          choose={(next) => setWay(next)}
        />
      )}
      {way === "Draw" && ground ? (
        <DrawPad ground={ground} give={(drawing) => send(drawing, DRAWING, false)} />
      ) : (
        <Drop
          types={model.task?.accepts.mediaTypes ?? []}
          words="Drop a picture here, or choose a file"
          take={(picture) => send(asMedia(picture, "image"), picture.name, invert)}
        />
      )}
      {file && given?.name !== DRAWING && <Preview given={given as Given} file={file} />}
      {ground && way === "File" && (
        <label class="check">
          <input
            type="checkbox"
            checked={invert}
            onChange={() => {
              setInvert(!invert);
              if (file && given) send(file, given.name, !invert);
            }}
          />{" "}
          Look at the negative (this model expects{" "}
          {ground === "dark" ? "light strokes on dark" : "dark strokes on light"})
        </label>
      )}
    </>
  );
}

const DRAWING = "drawing";

function Preview({ given, file }: { given: Given; file: Blob }) {
  const url = useUrl(file);
  const [failed, setFailed] = useState("");
  if (url === "") return null;
  return (
    <figure class="preview">
      {failed !== url && (
        <img src={url} alt={`What was given: ${given.name}`} onError={() => setFailed(url)} />
      )}
      <figcaption class="quiet">
        {failed === url ? `${given.name}: the browser cannot show it` : given.name}
      </figcaption>
    </figure>
  );
}
