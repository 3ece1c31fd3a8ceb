import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { fail } from "../base/errors/index.ts";
import { COMMANDS } from "./table.ts";
import { openTerminal } from "./terminal.ts";

/** Exit codes: 0; 1 for anything wrong with a file, a model, a device, the network or the data; 2 for usage. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Runs one command line (without node and script). Resolves to the exit code and never rejects. */
export async function main(argv: readonly string[]): Promise<number> {
  const json = argv.includes("--json");
  const terminal = openTerminal(json);
  const program = new Command("modelyard")
    .description("Takes a trained model to a running service: inspect, run, serve.")
    .version(packageVersion(), "-v, --version")
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      // With --json a usage error is JSON too: it is written below, once.
      writeErr: (text) => {
        if (!json) process.stderr.write(text);
      },
    });
  const wanted = argv.find((word) => !word.startsWith("-"));
  for (const row of COMMANDS) {
    const command = program.command(row.name).summary(row.summary).description(row.summary);
    command.exitOverride().copyInheritedSettings(program);
    if (row.name === wanted || (wanted === "help" && argv.includes(row.name))) {
      command.option("--json", "print JSON for programs");
      (await row.load()).define(command, terminal);
    }
  }
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return EXIT.usage;
    }
    await program.parseAsync([...argv], { from: "user" });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      const command = COMMANDS.some((row) => row.name === wanted) ? String(wanted) : "";
      if (json) terminal.error(fail("USAGE", { problem: error.message.replace(/^error: /, ""), command }));
      return EXIT.usage;
    }
    terminal.error(error);
    return EXIT.failed;
  }
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return String((JSON.parse(text) as { version: unknown }).version);
}
