// Runs on the browser's audio thread: hands every block of the microphone's samples to the page.
registerProcessor(
  "recorder",
  class extends AudioWorkletProcessor {
    process([channels]) {
      if (channels?.[0]) this.port.postMessage(channels[0].slice());
      return true;
    }
  },
);
