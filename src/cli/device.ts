// Not through the room's index: what a command's help needs is loaded before anything else is.
import { DEVICES } from "../run/runtime/providers/table.ts";

/** Of `--device`, in all commands that run a model. */
export const DEVICE_HELP = `where it runs: ${DEVICES.join(", ")}`;
