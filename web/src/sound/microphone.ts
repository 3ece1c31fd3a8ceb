import { writeWav } from "./wav.ts";

/** Longest recording, in seconds: the server's limit on a body is far beyond. */
const MAX_SECONDS = 120;

export interface Recording {
  /** Ends it and gives what was recorded, as WAV. */
  stop(): Promise<Blob>;
}

/**
 * Records from the microphone until it is stopped.
 * @param onSeconds called as the recording grows
 * @throws Error where there is no microphone, or it may not be used; its message is for a person
 */
export async function record(onSeconds: (seconds: number) => void): Promise<Recording> {
  if (!navigator.mediaDevices) {
    throw new Error("The browser gives a microphone only to pages from this machine or over https.");
  }
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch((error: unknown) => {
    const denied = error instanceof DOMException && error.name === "NotAllowedError";
    throw new Error(
      denied ? "The browser was not allowed to use the microphone." : "No microphone was found.",
    );
  });
  const context = new AudioContext();
  await context.audioWorklet.addModule("./recorder.js");
  const node = new AudioWorkletNode(context, "recorder");
  const blocks: Float32Array[] = [];
  let length = 0;
  node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
    if (length >= MAX_SECONDS * context.sampleRate) return;
    blocks.push(data);
    length += data.length;
    onSeconds(length / context.sampleRate);
  };
  context.createMediaStreamSource(stream).connect(node);
  return {
    async stop() {
      for (const track of stream.getTracks()) track.stop();
      node.port.onmessage = null;
      const { sampleRate } = context;
      await context.close();
      const samples = new Float32Array(length);
      let at = 0;
      for (const block of blocks) {
        samples.set(block, at);
        at += block.length;
      }
      return writeWav(samples, sampleRate);
    },
  };
}
