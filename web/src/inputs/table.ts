import type { ComponentType } from "preact";
import type { ModelDetail } from "../../../src/client/index.ts";
import type { InputProps } from "./given.ts";
import { PicturePanel } from "./picture.tsx";
import { SoundPanel } from "./sound.tsx";
import { TensorsPanel } from "./tensors.tsx";
import { TextPanel } from "./text.tsx";

/** A panel for each kind of input that a task accepts: a new kind is a file and a line. */
const PANELS: Readonly<Record<string, ComponentType<InputProps>>> = {
  image: PicturePanel,
  audio: SoundPanel,
  text: TextPanel,
  tensors: TensorsPanel,
};

/** What is not known here can still be asked with named tensors. */
export function inputPanel(model: ModelDetail): ComponentType<InputProps> {
  return PANELS[model.task?.accepts.kind ?? ""] ?? TensorsPanel;
}
