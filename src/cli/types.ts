import type { Command } from "commander";
import { generateClient } from "../model/contract/index.ts";
import { openSource } from "../run/pipeline/open.ts";
import { openNamedPipeline } from "./pipeline.ts";
import { openProgress } from "./progress.ts";
import { servedAt, servedCard } from "./served-card.ts";
import type { Terminal } from "./terminal.ts";

interface TypesOptions {
  cache?: string;
  client: boolean;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .argument(
      "<model or url>",
      "a file, a folder (of a pipeline too), a source, or http://host/models/<name> of a running server (http://host where it has one model)",
    )
    .option("--no-client", "types alone, which import nothing")
    .option("--cache <folder>", "where fetched models are kept")
    .addHelpText("after", "\nExample:\n  $ modelyard types examples/models/mnist > mnist.ts")
    .action(async (source: string, options: TypesOptions) => {
      const text = await typesOf(source, options, terminal);
      terminal.answer({ typescript: text }, () => text.trimEnd());
    });
}

async function typesOf(source: string, options: TypesOptions, terminal: Terminal): Promise<string> {
  const served = await servedAt(source);
  if (served) {
    const { signature, contract, task, platform } = await servedCard(served);
    return generateClient(served.name, {
      signature,
      contract,
      answer: task?.answer ?? {},
      accepts: task?.accepts.kind ?? "tensors",
      client: options.client,
      module: false,
      pipeline: platform === "modelyard_pipeline",
    });
  }
  const pipeline = await openNamedPipeline(source, options, terminal);
  if (pipeline) {
    const { name, answer, accepts } = pipeline;
    await pipeline.close();
    const contract = { task: null, inputs: {}, outputs: {}, states: {}, constants: {}, evidence: [] };
    const signature = { inputs: [], outputs: [] };
    return generateClient(name, {
      signature,
      contract,
      answer,
      accepts: accepts.kind,
      client: options.client,
      module: false,
      pipeline: true,
    });
  }
  const progress = openProgress(terminal, source);
  const opened = await openSource(source, {
    ...(options.cache === undefined ? {} : { cache: options.cache }),
    onProgress: progress.update,
  }).finally(progress.stop);
  try {
    const { name, signature, contract, file } = opened;
    const { answer: taskAnswer, accepts } = await opened.task.load();
    const answer = file.answer ?? taskAnswer;
    return generateClient(name, {
      signature,
      contract,
      answer,
      taskAnswer,
      accepts: accepts.kind,
      client: options.client,
      module: true,
      pipeline: false,
    });
  } finally {
    await opened.close();
  }
}
