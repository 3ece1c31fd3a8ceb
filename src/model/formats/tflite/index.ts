import type { Format } from "../format.ts";

/** TensorFlow Lite, also called LiteRT: a flatbuffer with the identifier TFL3. */
export const tflite: Format = {
  id: "tflite",
  title: "TensorFlow Lite",
  // The second is what the converter of TensorFlow 1 called them in its examples.
  extensions: [".tflite", ".lite"],
  sniff(head, name) {
    if (IDENTIFIER.every((byte, i) => head[4 + i] === byte)) return 0.95;
    return name.toLowerCase().endsWith(".tflite") ? 0.2 : 0;
  },
  load: () => import("./read.ts"),
};

const IDENTIFIER = [...new TextEncoder().encode("TFL3")];
