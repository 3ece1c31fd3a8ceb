import { bufferModelSink } from "../../base/sinks/index.ts";
import { writeModel } from "../../model/formats/index.ts";
import type { Evaluate } from "../../model/passes/index.ts";
import { openEvaluator } from "../runtime/index.ts";

/** The runtime behind `Evaluate`, for passes that fold constants; one thread, which the first evaluation starts. */
export interface Evaluation extends AsyncDisposable {
  readonly evaluate: Evaluate;
  close(): Promise<void>;
}

/** What is evaluated rejects with RUN_* where the runtime refuses the model, and with what writing it throws. */
export function createEvaluate(): Evaluation {
  const evaluator = openEvaluator();
  return {
    async evaluate(model, feeds, signal) {
      const sink = bufferModelSink("part.onnx");
      await writeModel(model, sink, { external: "never", ...(signal ? { signal } : {}) });
      return evaluator.evaluate(sink.files.get(sink.name) as Uint8Array, feeds, signal);
    },
    close: evaluator.close,
    [Symbol.asyncDispose]: evaluator.close,
  };
}
