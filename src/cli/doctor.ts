import { access, constants } from "node:fs/promises";
import { cpus as cpuList, release, totalmem } from "node:os";
import type { Command } from "commander";
import { makeFolder } from "../base/node/index.ts";
import { cacheFolder } from "../run/hub/index.ts";
import { availableCpus, PROVIDERS, whyAbsent } from "../run/runtime/index.ts";
import { dataFolder } from "../serve/store/index.ts";
import { bytes, columns, type Terminal } from "./terminal.ts";

interface Finding {
  what: string;
  state: "ok" | "missing" | "warning";
  detail: string;
  /** How to add what is missing. */
  remedy?: string;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .option("--cache <folder>", "where fetched models are kept")
    .option("--data <folder>", "where the database is kept")
    .addHelpText("after", "\nExample:\n  $ modelyard doctor")
    .action(async (options: { cache?: string; data?: string }) => {
      const findings = [...machine(), ...(await folders(options)), ...(await providers())];
      terminal.answer({ findings }, () =>
        columns(
          findings.flatMap(({ what, state, detail, remedy }) => [
            [state, what, detail],
            ...(remedy === undefined ? [] : [["", "", `→ ${remedy}`]]),
          ]),
          "",
          terminal.width,
        ),
      );
    });
}

/** Node 20.19 is the package's floor. */
const NODE_FLOOR = [20, 19] as const;

function machine(): Finding[] {
  const cpus = availableCpus();
  // What the container grants; 0 or more than there is where nothing limits it.
  const limit = process.constrainedMemory();
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const old = major < NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor < NODE_FLOOR[1]);
  return [
    {
      what: "Node",
      state: old ? "warning" : "ok",
      detail: `${process.version} on ${process.platform} ${process.arch}, kernel ${release()}`,
      ...(old ? { remedy: `Node ${NODE_FLOOR.join(".")} or newer is needed` } : {}),
    },
    {
      what: "processors",
      state: "ok",
      detail: `${cpus} for this process, of ${cpuList().length} in the machine`,
    },
    {
      what: "memory",
      state: "ok",
      detail:
        limit > 0 && limit < totalmem()
          ? `limit ${bytes(limit)} of ${bytes(totalmem())}`
          : `${bytes(totalmem())}, no limit set`,
    },
  ];
}

async function folders(options: { cache?: string; data?: string }): Promise<Finding[]> {
  const places: [string, string, string][] = [
    ["cache", cacheFolder(options.cache), "--cache or MODELYARD_CACHE"],
    ["data", dataFolder(options.data), "--data or MODELYARD_DATA"],
  ];
  return Promise.all(
    places.map(async ([what, path, setting]): Promise<Finding> => {
      try {
        await makeFolder(path);
        await access(path, constants.W_OK);
        return { what, state: "ok", detail: path };
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        return {
          what,
          state: "missing",
          detail,
          remedy: `name a folder that can be written with ${setting}`,
        };
      }
    }),
  );
}

/** Each device is tried: that there is a driver does not say that it computes. */
function providers(): Promise<Finding[]> {
  return Promise.all(
    PROVIDERS.map(async (provider): Promise<Finding> => {
      const absence = await whyAbsent(provider);
      const { id: what, title, capabilities } = provider;
      if (absence !== null) {
        const { problem, remedy } = absence;
        return { what, state: "missing", detail: `${title}: ${problem}`, remedy };
      }
      const tried = capabilities.deviceMemory ? `${title}: multiplied two matrices` : title;
      return { what, state: "ok", detail: tried };
    }),
  );
}
