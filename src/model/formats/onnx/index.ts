import type { Format } from "../format.ts";

/** ONNX: a protobuf ModelProto without a magic number. */
export const onnx: Format = {
  id: "onnx",
  title: "ONNX",
  extensions: [".onnx"],
  sniff(head, name) {
    // The fields of ModelProto in the order that every known exporter writes them: ir_version (a small number) first, then the
    // producer, the domain or the graph.
    const first = head[0];
    // A producer's name is short; TensorFlow's SavedModel has a whole graph in its place.
    const longName = head[2] === 0x12 && (head[3] ?? 0) >= 128;
    const looksRight =
      first === 0x08 &&
      (head[1] ?? 255) < 64 &&
      !longName &&
      [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].includes(head[2] ?? 0);
    if (looksRight) return 0.9;
    return name.toLowerCase().endsWith(".onnx") ? 0.3 : 0;
  },
  load: async () => ({ read: (await import("./read.ts")).read }),
  loadWriter: async () => ({ write: (await import("./write/write.ts")).write }),
};
