/** Bytes of a WAV header before its samples. */
const HEADER = 44;
const PCM = 1;

/** Mono samples of -1 to 1 as a WAV file of 16 bits (RIFF; Microsoft's "Multimedia Programming Interface", 1991). */
export function writeWav(samples: Float32Array, sampleRate: number): Blob {
  const view = new DataView(new ArrayBuffer(HEADER + 2 * samples.length));
  const text = (at: number, word: string) => {
    for (let i = 0; i < word.length; i++) view.setUint8(at + i, word.charCodeAt(i));
  };
  text(0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * sampleRate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => {
    const limited = Math.max(-1, Math.min(1, value));
    view.setInt16(HEADER + 2 * i, Math.round(limited * 0x7fff), true);
  });
  return new Blob([view.buffer], { type: "audio/wav" });
}
