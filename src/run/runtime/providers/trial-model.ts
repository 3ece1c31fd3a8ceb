import { Encoder } from "../../../model/wire/index.ts";

const ROWS = 2;
const SIDE = 3;

/** Whole numbers, whose products and sums every device has exactly. */
const WEIGHTS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const INPUT = [1, 0, -2, 3, 5, 7];

/** A model that is no more than a product of matrices, to see whether a device computes; ModelProto of onnx.proto. */
export function trialModel(): Uint8Array {
  const encoder = new Encoder(1024);
  encoder.uint(1, 8);
  encoder.open(7);
  encoder.open(1);
  for (const input of ["x", "w"]) encoder.string(1, input);
  encoder.string(2, "y");
  encoder.string(4, "MatMul");
  encoder.close();
  encoder.string(2, "trial");
  encoder.open(5);
  for (let i = 0; i < 2; i++) encoder.uint(1, SIDE);
  encoder.uint(2, 1);
  encoder.floats(4, WEIGHTS);
  encoder.string(8, "w");
  encoder.close();
  valueInfo(encoder, 11, "x");
  valueInfo(encoder, 12, "y");
  encoder.close();
  encoder.open(8);
  encoder.uint(2, 13);
  encoder.close();
  return Buffer.concat([...encoder.finish().parts()]);
}

/** A tensor of float32, [ROWS, SIDE]. */
function valueInfo(encoder: Encoder, field: number, name: string): void {
  encoder.open(field);
  encoder.string(1, name);
  encoder.open(2);
  encoder.open(1);
  encoder.uint(1, 1);
  encoder.open(2);
  for (const length of [ROWS, SIDE]) {
    encoder.open(1);
    encoder.uint(1, length);
    encoder.close();
  }
  for (let i = 0; i < 4; i++) encoder.close();
}

export const TRIAL_FEEDS = {
  x: { dtype: "float32", shape: [ROWS, SIDE], data: Float32Array.from(INPUT) },
} as const;

/** What it must answer. */
export function isRight(answer: ArrayLike<number>): boolean {
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < SIDE; column++) {
      let sum = 0;
      for (let i = 0; i < SIDE; i++) sum += (INPUT[row * SIDE + i] ?? 0) * (WEIGHTS[i * SIDE + column] ?? 0);
      if (answer[row * SIDE + column] !== sum) return false;
    }
  }
  return answer.length === ROWS * SIDE;
}
