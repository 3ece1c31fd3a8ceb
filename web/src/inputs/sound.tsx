import { useEffect, useRef, useState } from "preact/hooks";
import { asWav } from "../sound/decode.ts";
import { type Recording, record } from "../sound/microphone.ts";
import { TroubleBox } from "../trouble.tsx";
import { Drop } from "./drop.tsx";
import { asMedia, type InputProps } from "./given.ts";
import { useUrl } from "./use-url.ts";

/** A sound from a file or from the microphone. */
export function SoundPanel({ given, give }: InputProps) {
  const sound = given && given.input instanceof Blob ? given.input : null;
  return (
    <>
      <Microphone take={(wav) => give({ input: wav, name: "recording" })} />
      <Drop
        types={["audio/*", ".wav"]}
        words="Drop a sound here, or choose a file"
        take={(file) => void asWav(asMedia(file, "audio")).then((input) => give({ input, name: file.name }))}
      />
      {sound && <Player sound={sound} name={given?.name ?? ""} />}
    </>
  );
}

function Microphone({ take }: { take(wav: Blob): void }) {
  const [seconds, setSeconds] = useState<number | null>(null);
  const [problem, setProblem] = useState("");
  const recording = useRef<Recording | null>(null);
  useEffect(
    () => () => {
      void recording.current?.stop();
    },
    [],
  );
  const begin = async () => {
    setProblem("");
    setSeconds(0);
    try {
      recording.current = await record(setSeconds);
    } catch (error) {
      setSeconds(null);
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const end = async () => {
    const wav = await recording.current?.stop();
    recording.current = null;
    setSeconds(null);
    if (wav) take(wav);
  };
  return (
    <div class="microphone">
      {seconds === null ? (
        <button type="button" onClick={() => void begin()}>
          Record from the microphone
        </button>
      ) : (
        <button type="button" class="recording" onClick={() => void end()}>
          Stop and ask ({seconds.toFixed(1)} s)
        </button>
      )}
      {problem && <TroubleBox trouble={{ message: problem }} />}
    </div>
  );
}

function Player({ sound, name }: { sound: Blob; name: string }) {
  const url = useUrl(sound);
  if (url === "") return null;
  return (
    <figure class="preview">
      {/* biome-ignore lint/a11y/useMediaCaption: a person's own sound has no captions */}
      <audio controls src={url} />
      <figcaption class="quiet">{name}</figcaption>
    </figure>
  );
}
