import { DTYPES, type DType } from "../../../tensor/dtype.ts";
import { Encoder } from "../../../wire/encode.ts";

/** A value that is to be an output too. */
export interface MoreOutput {
  readonly name: string;
  /** Gives the value's elements as another type, under another name that no value has. */
  readonly cast?: { readonly as: DType; readonly name: string };
}

/**
 * Bytes that make further values outputs when they are put behind a file's own: in protobuf two messages after each other
 * are one, whose embedded messages are merged and whose lists are joined
 * (https://protobuf.dev/programming-guides/encoding, "Last One Wins"). So the file itself is looked into, not a copy that
 * somebody wrote. The runtime works out the types.
 * @param irVersion takes the place of the file's own: of a number the last is the one that holds
 */
export function moreOutputs(outputs: readonly MoreOutput[], irVersion: number | null = null): Uint8Array {
  const encoder = new Encoder();
  if (irVersion !== null) encoder.uint(1, irVersion);
  encoder.open(7);
  for (const { name, cast } of outputs) {
    if (!cast) continue;
    encoder.open(1);
    encoder.string(1, name);
    encoder.string(2, cast.name);
    encoder.string(4, "Cast");
    encoder.open(5);
    encoder.string(1, "to");
    encoder.uint(3, DTYPES[cast.as].onnx);
    encoder.uint(20, 2);
    encoder.close();
    encoder.close();
  }
  for (const { name, cast } of outputs) {
    encoder.open(12);
    encoder.string(1, cast?.name ?? name);
    encoder.close();
  }
  encoder.close();
  const { size, parts } = encoder.finish();
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts()) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
