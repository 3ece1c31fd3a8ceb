import type { PredictionRow } from "../../src/serve/store/index.ts";

export function row(n: number, more: Partial<PredictionRow> = {}): PredictionRow {
  return {
    id: `request-${n}`,
    time: 1_700_000_000_000 + n,
    model: "mnist",
    version: "1",
    digest: "d".repeat(64),
    task: "image-classification",
    durationMs: n / 8,
    status: 200,
    inputDigest: "e".repeat(64),
    answer: `[{"label":"${n}","score":0.5}]`,
    ...more,
  };
}
