import { findPipeline, type LoadedPipeline, loadPipeline } from "../run/pipeline/index.ts";
import { openProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** The pipeline that a source names, loaded; null where it names anything else. */
export async function openNamedPipeline(
  source: string,
  options: { cache?: string; device?: string },
  terminal: Terminal,
): Promise<LoadedPipeline | null> {
  const found = await findPipeline(source);
  if (!found) return null;
  const progress = openProgress(terminal, source);
  return loadPipeline(found, {
    ...(options.cache === undefined ? {} : { cache: options.cache }),
    ...(options.device === undefined ? {} : { device: options.device }),
    onProgress: progress.update,
    onNote: (note) => terminal.note(note),
  }).finally(progress.stop);
}

/** The answer of a pipeline in words: its text, where it has one. */
export function printAnswer(answer: unknown): string {
  if (typeof answer === "string") return answer;
  if (typeof answer === "object" && answer !== null && "text" in answer && typeof answer.text === "string") {
    return answer.text === "" ? "(no text)" : answer.text;
  }
  return JSON.stringify(answer, null, 2);
}
