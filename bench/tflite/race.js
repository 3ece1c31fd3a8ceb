// Two ONNX models of the same signature in ONNX Runtime, in turn, on one thread.
import ort from "onnxruntime-node";

/** Rounds that count, and how long each runs a model in one of them, in milliseconds. */
const ROUNDS = 30;
const ROUND_MS = 15;

const ARRAYS = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array, int32: Int32Array };

/** Numbers from 0 to 1, or over the range of bytes; the same on every machine. Open lengths are 1. */
function feedsOf({ inputNames, inputMetadata }, lengths) {
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return Object.fromEntries(
    inputNames.map((name, i) => {
      const { type, shape } = inputMetadata[i];
      const dims = shape.map((dim, axis) =>
        typeof dim === "number" && dim > 0 ? dim : (lengths[axis] ?? 1),
      );
      const data = new ARRAYS[type](dims.reduce((product, dim) => product * dim, 1));
      for (let at = 0; at < data.length; at++) data[at] = type === "float32" ? next() : next() * 256;
      return [name, new ort.Tensor(type, data, dims)];
    }),
  );
}

/** Milliseconds of the processor for one run, the mean over a round: others on the machine move it least. */
async function round(session, feeds) {
  const start = performance.now();
  const used = process.cpuUsage();
  let runs = 0;
  do {
    await session.run(feeds);
    runs++;
  } while (performance.now() - start < ROUND_MS);
  const { user, system } = process.cpuUsage(used);
  return (user + system) / 1e3 / runs;
}

export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/**
 * Medians of a run's milliseconds, and of the ratio within a round, which a busy machine moves least.
 * @param {string} ours
 * @param {string} peer
 * @param {number[]} lengths for open dimensions, by axis
 * @returns also the same ratio of the peer's model to itself: what a difference must be larger than
 */
export async function race(ours, peer, lengths = []) {
  const options = { intraOpNumThreads: 1, logSeverityLevel: 4 };
  const sessions = [];
  for (const path of [ours, peer, peer]) sessions.push(await ort.InferenceSession.create(path, options));
  const feeds = sessions.map((session) => feedsOf(session, lengths));
  const times = sessions.map(() => []);
  for (let i = 0; i <= ROUNDS; i++) {
    // Who is first changes, and the first round does not count.
    for (let place = 0; place < sessions.length; place++) {
      const side = (i + place) % sessions.length;
      const ms = await round(sessions[side], feeds[side]);
      if (i > 0) times[side].push(ms);
    }
  }
  for (const session of sessions) await session.release();
  const ratio = (side) => median(times[side].map((ms, i) => ms / times[1][i]));
  return { ours: median(times[0]), peer: median(times[1]), ratio: ratio(0), itself: ratio(2) };
}
