import type { Command } from "commander";
import { generateTypes } from "../model/contract/index.ts";
import { openSource } from "../run/pipeline/open.ts";
import { openProgress } from "./progress.ts";
import { servedAt, servedCard } from "./served-card.ts";
import type { Terminal } from "./terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .argument(
      "<model or url>",
      "a file, a folder, a source, or http://host/models/<name> of a running server",
    )
    .option("--cache <folder>", "where fetched models are kept")
    .addHelpText("after", "\nExample:\n  $ modelyard types examples/models/mnist > mnist.ts")
    .action(async (source: string, options: { cache?: string }) => {
      const text = await typesOf(source, options, terminal);
      terminal.answer({ typescript: text }, () => text.trimEnd());
    });
}

async function typesOf(source: string, options: { cache?: string }, terminal: Terminal): Promise<string> {
  const served = servedAt(source);
  if (served) {
    const card = await servedCard(served);
    return generateTypes(served.name, {
      signature: card.signature,
      contract: card.contract,
      answer: card.task?.answer ?? {},
    });
  }
  const progress = openProgress(terminal, source);
  const opened = await openSource(source, { ...options, onProgress: progress.update }).finally(progress.stop);
  try {
    const { name, signature, contract, task } = opened;
    return generateTypes(name, { signature, contract, answer: (await task.load()).answer });
  } finally {
    await opened.close();
  }
}
