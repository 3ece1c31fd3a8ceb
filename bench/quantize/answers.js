// usage: node answers.js <original> <result> <result>: by how much their answers are off, ‖a − b‖ / ‖a‖, as JSON.
// Each model is gone before the next one comes.
import { InferenceSession, Tensor } from "onnxruntime-node";

const [original, ...results] = process.argv.slice(2);
const ROWS = 4;
const SIDE = 4096;

/** Numbers around 0, the same each time (Lehmer's generator). */
function input() {
  let state = 1;
  return Float32Array.from({ length: ROWS * SIDE }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  });
}

async function answer(path) {
  const session = await InferenceSession.create(path, { logSeverityLevel: 3 });
  const { y } = await session.run({ x: new Tensor("float32", input(), [ROWS, SIDE]) });
  await session.release();
  return y.data;
}

const whole = await answer(original);
const off = [];
for (const path of results) {
  const data = await answer(path);
  let [apart, all] = [0, 0];
  for (let i = 0; i < whole.length; i++) {
    apart += (whole[i] - data[i]) ** 2;
    all += whole[i] ** 2;
  }
  off.push(Math.sqrt(apart / all));
}
process.stdout.write(JSON.stringify(off));
