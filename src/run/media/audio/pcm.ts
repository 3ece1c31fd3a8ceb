/** How a sample is written; all little-endian. */
export type Encoding = "u8" | "s16" | "s24" | "s32" | "f32" | "f64" | "alaw" | "mulaw";

interface Reader {
  readonly bytes: number;
  /** The sample as −1..1. */
  read(view: DataView, at: number): number;
}

const READERS: Readonly<Record<Encoding, Reader>> = {
  u8: { bytes: 1, read: (view, at) => (view.getUint8(at) - 128) / 128 },
  s16: { bytes: 2, read: (view, at) => view.getInt16(at, true) / 32_768 },
  s24: {
    bytes: 3,
    read: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65_536) / 8_388_608,
  },
  s32: { bytes: 4, read: (view, at) => view.getInt32(at, true) / 2_147_483_648 },
  f32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  f64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  alaw: { bytes: 1, read: (view, at) => fromALaw(view.getUint8(at)) / 32_768 },
  mulaw: { bytes: 1, read: (view, at) => fromMuLaw(view.getUint8(at)) / 32_768 },
};

/** Interleaved samples as mono, the mean of the channels, and the loudest of each. */
export function readSamples(
  view: DataView,
  from: number,
  count: number,
  channels: number,
  encoding: Encoding,
): { readonly mono: Float32Array; readonly peaks: readonly number[] } {
  const { bytes, read } = READERS[encoding];
  const mono = new Float32Array(count);
  let at = from;
  if (channels === 1) {
    for (let i = 0; i < count; i++, at += bytes) mono[i] = read(view, at);
    return { mono, peaks: [] };
  }
  const peaks = new Array<number>(channels).fill(0);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++, at += bytes) {
      const value = read(view, at);
      sum += value;
      peaks[c] = Math.max(peaks[c] as number, Math.abs(value));
    }
    mono[i] = sum / channels;
  }
  return { mono, peaks };
}

/** ITU-T G.711, A-law, as 16-bit linear. */
function fromALaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 15) << 4) + 8;
  const value = exponent === 0 ? mantissa : (mantissa + 256) << (exponent - 1);
  return code & 0x80 ? value : -value;
}

/** ITU-T G.711, mu-law, as 16-bit linear. */
function fromMuLaw(byte: number): number {
  const code = ~byte & 0xff;
  const value = ((((code & 15) << 3) + 132) << ((code >> 4) & 7)) - 132;
  return code & 0x80 ? -value : value;
}
