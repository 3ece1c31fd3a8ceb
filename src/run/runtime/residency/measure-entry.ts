// Where the process that measures a model starts. It ends after one model.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { toPlainError } from "../../../base/errors/index.ts";
import type { Signature, Tensor, TensorData, Tensors } from "../../../model/tensor/tensor.ts";
import { openSession } from "../open.ts";
import type { Session } from "../session.ts";
import { findGuess } from "../worker/guess.ts";
import type { Slot } from "../worker/messages.ts";
import { loadRuntime } from "../worker/model.ts";
import { inputRows } from "../worker/probe-rows.ts";
import { readMemory, readPeak } from "./mappings.ts";
import { type Known, knowing, type Measured, type MeasureOrder } from "./measure.ts";

// Whoever started this process ends it; a signal to the whole group is not meant for it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.once("disconnect", () => process.exit());
process.once("message", async (order: MeasureOrder) => {
  let answer: Measured;
  try {
    answer = { known: await measure(order) };
  } catch (error) {
    answer = { error: toPlainError(error) };
  }
  process.send?.(answer, undefined, undefined, () => process.exit());
});

/** Rows of the largest made-up run: a batch of these is seldom less than half of what the largest takes. */
const MOST_ROWS = 8;

async function measure({ options, weights }: MeasureOrder): Promise<Known> {
  const { isolation = "thread" } = options;
  const told = await ask(options);
  // In a server the runtime's code is there already.
  await loadRuntime();
  const file = weights === null ? null : join(dirname(options.path), weights);
  const before = readMemory("self", file);
  forgetPeak();
  const session = await openSession(knowing(options, told));
  await runOnce(session);
  const { processes } = session.stats();
  const places = isolation === "process" ? processes : (["self"] as const);
  let [anonymous, mapped, loading] = [isolation === "process" ? 0 : -before.anonymous, 0, 0];
  for (const pid of places) {
    const memory = readMemory(pid, file);
    const { peak, now } = readPeak(pid);
    anonymous += memory.anonymous;
    mapped += memory.file;
    loading += peak - now;
  }
  return {
    ...told,
    cost: { own: Math.max(0, anonymous), mapped, loading: Math.max(0, loading) },
  };
}

type Told = Omit<Known, "cost">;

/** What a loaded model says of itself. It is found out in another process, whose memory is not measured. */
async function ask(options: MeasureOrder["options"]): Promise<Told> {
  await using session = await openSession({ ...options, isolation: "process" });
  const { signature, batching } = session;
  const { threads, device } = session.stats();
  return { signature, batching, single: options.threads === undefined && threads === 1, device };
}

/** The highest resident memory counts from here on. */
function forgetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Not allowed here: the peak before counts too, which is none of the model's and makes it seem larger.
  }
}

/** What a run takes besides the weights belongs to a model's cost. One that takes no made-up input is measured as it was loaded. */
async function runOnce(session: Session): Promise<void> {
  const { signature } = session;
  const run = async (slots: readonly Slot[]) => slotsOf(await session.run(feedsOf(signature, slots)));
  const guess = await findGuess(signature, run);
  if (typeof guess === "string") return;
  const rows = Math.max(1, Math.min(session.maxBatch, MOST_ROWS));
  await run(
    inputRows(
      signature,
      guess,
      Array.from({ length: rows }, (_, row) => row),
    ),
  );
}

function feedsOf(signature: Signature, slots: readonly Slot[]): Tensors {
  const entries = signature.inputs.map(({ name, dtype }, i): [string, Tensor] => [
    name,
    { dtype, shape: slots[2 * i] as readonly number[], data: slots[2 * i + 1] as TensorData },
  ]);
  return Object.fromEntries(entries);
}

function slotsOf(tensors: Tensors): Slot[] {
  return Object.values(tensors).flatMap(({ shape, data }): Slot[] => [shape, data]);
}
