import { Command, CommanderError } from "commander";
import { fail } from "../base/errors/index.ts";
import { packageVersion } from "../base/node/version.ts";
import { shown } from "./shown.ts";
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
        if (!json) process.stderr.write(shown(text));
      },
    })
    .hook("preAction", (_program, command) => refuseNoPlace(command));
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

/** Arguments and options that name a place on this machine. */
const PLACE = /^(?:out|folder)$|<(?:file|folder|address)>/;

/** An empty path would be the folder that the program was started in, which a script with an unset variable does not mean. */
function refuseNoPlace(command: Command): void {
  const refuse = (what: string) => command.error(`error: ${what} is empty`);
  for (const [i, argument] of command.registeredArguments.entries())
    if (PLACE.test(argument.name()) && command.processedArgs[i] === "") refuse(`<${argument.name()}>`);
  for (const option of command.options)
    if (PLACE.test(option.flags) && command.getOptionValue(option.attributeName()) === "")
      refuse(option.flags);
}
