import { writeWav } from "./wav.ts";

/** A sound that the browser can play, mixed to one channel; the server resamples as its model wants. */
export interface Sound {
  readonly samples: Float32Array;
  readonly sampleRate: number;
}

/** @throws Error where the browser cannot play it */
export async function decode(file: Blob): Promise<Sound> {
  // Only a context decodes; it makes no sound, and its rate is what the decoder resamples to.
  const context = new AudioContext();
  try {
    const buffer = await context.decodeAudioData(await file.arrayBuffer());
    const samples = new Float32Array(buffer.length);
    for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
      const data = buffer.getChannelData(channel);
      for (let i = 0; i < samples.length; i++) {
        samples[i] = (samples[i] as number) + (data[i] as number) / buffer.numberOfChannels;
      }
    }
    return { samples, sampleRate: buffer.sampleRate };
  } finally {
    await context.close();
  }
}

/** The server reads WAV; what else the browser plays (MP3, Ogg, AAC …) is turned into it here. */
export async function asWav(file: Blob): Promise<Blob> {
  if (await isWav(file)) return file;
  try {
    const { samples, sampleRate } = await decode(file);
    return writeWav(samples, sampleRate);
  } catch {
    // Sent as it is: the server names what it is and what to do.
    return file;
  }
}

async function isWav(file: Blob): Promise<boolean> {
  const head = new TextDecoder("latin1").decode(await file.slice(0, 12).arrayBuffer());
  return head.startsWith("RIFF") && head.endsWith("WAVE");
}
