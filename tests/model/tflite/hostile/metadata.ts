// What stands beside the graph: metadata, signatures, files in a zip behind the flatbuffer.
import { adding, tables, text, tfliteFile, u32 } from "../file.ts";
import { bytes, flatbuffer } from "../flat.ts";
import type { HostileTflite } from "./set.ts";
import { withZipBehind } from "./zip.ts";

const shape = [2];

/** What stands beside the graph. */
export const METADATA: readonly HostileTflite[] = [
  {
    name: "metadata that is no flatbuffer",
    bytes: adding(
      {},
      {
        4: tables([{}, { 0: text("nothing of the kind") }]),
        6: tables([{ 0: text("TFLITE_METADATA"), 1: u32(1) }]),
      },
    ),
  },
  {
    name: "metadata of a version from the future",
    bytes: adding(
      {},
      {
        4: tables([{}, { 0: bytes(flatbuffer({ 0: text("net"), 6: text("99.0.0") }, "M999")) }]),
        6: tables([{ 0: text("TFLITE_METADATA"), 1: u32(1) }]),
      },
    ),
  },
  {
    name: "a zip bomb behind the flatbuffer",
    bytes: withZipBehind(adding(), [{ name: "labels.txt", unpacked: 2 ** 31, zeros: 64 * 1024 * 1024 }]),
  },
  {
    name: "a zip that overlaps itself behind the flatbuffer",
    bytes: withZipBehind(adding(), [{ name: "a", zeros: 10 }], { entries: 60_000 }),
  },
  {
    name: "half a zip behind the flatbuffer",
    bytes: withZipBehind(adding(), [{ name: "labels.txt", zeros: 1000 }]).slice(0, -30),
  },
  {
    name: "200 MB of zeros behind the flatbuffer, as labels",
    bytes: withZipBehind(adding(), [{ name: "labels.txt", zeros: 200 * 1024 * 1024 }]),
  },
  {
    name: "a signature of tensors that are not there",
    bytes: adding(
      {},
      {
        7: tables([
          { 0: tables([{ 0: text("x"), 1: u32(4_000_000_000) }]), 2: text("serving_default"), 4: u32(900) },
        ]),
      },
    ),
  },
  {
    name: "names that are empty, equal, or words of the language",
    bytes: tfliteFile([
      {
        tensors: [
          { name: "__proto__", shape },
          { name: "", shape },
          { name: "", shape },
          { name: "constructor", shape },
        ],
        inputs: [0, 1],
        outputs: [3],
        operators: [
          { name: "ADD", inputs: [0, 1], outputs: [2] },
          { name: "ADD", inputs: [2, 1], outputs: [3] },
        ],
      },
    ]),
  },
];
