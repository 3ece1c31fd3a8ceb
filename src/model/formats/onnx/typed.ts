import { fail } from "../../../base/errors/index.ts";
import type { DType } from "../../tensor/dtype.ts";
import { DTYPES } from "../../tensor/dtype.ts";
import type { Unpacker } from "../../wire/stored.ts";

/**
 * The typed fields of TensorProto: float_data 4 (also complex64), int32_data 5 (every small type, its bits), string_data
 * 6, int64_data 7, double_data 10 (also complex128), uint64_data 11 (also uint32).
 */
const FIELDS: Readonly<Partial<Record<DType, number>>> = {
  float32: 4,
  complex64: 4,
  string: 6,
  int64: 7,
  float64: 10,
  complex128: 10,
  uint32: 11,
  uint64: 11,
};

export function typedFieldOf(dtype: DType): number {
  return FIELDS[dtype] ?? 5;
}

/** Wire type of the elements of a typed field where they are not packed. */
export const LOOSE_WIRES: Readonly<Record<number, number>> = { 4: 5, 5: 0, 6: 2, 7: 0, 10: 1, 11: 0 };

/** Whether the numbers of a typed field take as many bytes as they need. */
export function isVarint(field: number): boolean {
  return LOOSE_WIRES[field] === 0;
}

/** Numbers that a typed field holds for so many elements: types under 8 bits share one, but for those of six. */
export function entriesOf(dtype: DType, count: number): number {
  const { bits } = DTYPES[dtype];
  if (bits === 6 || bits >= 8) return bits > 64 || dtype === "complex64" ? count * 2 : count;
  return Math.ceil((count * bits) / 8);
}

/** null where the content is dense as it stands: floats of fixed width, little-endian. */
export function unpackerOf(dtype: DType, where: string): Unpacker | null {
  if (!isVarint(typedFieldOf(dtype))) return null;
  const { bits } = DTYPES[dtype];
  const numbers = varints(Math.max(1, bits / 8), where);
  return bits === 6 ? sixBits(numbers) : numbers;
}

/**
 * Varints as little-endian integers of so many bytes: the low ones, exactly what int32_data means for the small types. A number
 * may be cut anywhere between two pieces.
 */
function varints(width: number, where: string): Unpacker {
  // 64 bits as 28, 28 and 8: what JavaScript's operators hold exactly.
  let low = 0;
  let middle = 0;
  let high = 0;
  let read = 0;
  const damaged = (problem: string) =>
    fail(
      "MODEL_TENSOR_SIZE",
      { what: `number ${problem}`, bytes: read, expected: 10, shape: "", dtype: "" },
      { where },
    );
  return {
    growth: width,
    push(piece) {
      const out = new DataView(new ArrayBuffer(piece.byteLength * width));
      let at = 0;
      for (let i = 0; i < piece.byteLength; i++) {
        const byte = piece[i] as number;
        const bits = byte & 127;
        if (read < 4) low |= bits << (7 * read);
        else if (read < 8) middle |= bits << (7 * (read - 4));
        else if (read < 10) high |= bits << (7 * (read - 8));
        else throw damaged("of more than ten bytes");
        read++;
        if (byte >= 128) continue;
        if (width === 1) out.setUint8(at, low & 255);
        else if (width === 2) out.setUint16(at, low & 65535, true);
        else {
          out.setUint32(at, (low | (middle << 28)) >>> 0, true);
          if (width === 8) out.setUint32(at + 4, ((middle >>> 4) | (high << 24)) >>> 0, true);
        }
        at += width;
        low = middle = high = read = 0;
      }
      return new Uint8Array(out.buffer, 0, at);
    },
    end() {
      if (read > 0) throw damaged("that is cut off");
      return new Uint8Array(0);
    },
  };
}

/** One element in six bits of each number, four of which make three bytes (onnx.proto, raw_data). */
function sixBits(numbers: Unpacker): Unpacker {
  let held = 0;
  let bits = 0;
  return {
    growth: 1,
    push(piece) {
      const out = new Uint8Array(piece.byteLength + 1);
      let at = 0;
      for (const element of numbers.push(piece)) {
        held |= (element & 63) << bits;
        bits += 6;
        if (bits < 8) continue;
        out[at++] = held & 255;
        held >>>= 8;
        bits -= 8;
      }
      return out.subarray(0, at);
    },
    end() {
      numbers.end();
      return Uint8Array.from(bits > 0 ? [held] : []);
    },
  };
}
