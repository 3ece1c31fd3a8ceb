import { homedir } from "node:os";

/**
 * The user's own folder. A user whom the system has no name for, as in a container, and for whom HOME is not set has none: then it is
 * the root, as container engines set it, and who may not write there is told so.
 */
export function homeFolder(): string {
  if (process.env.HOME) return process.env.HOME;
  try {
    return homedir();
  } catch {
    return "/";
  }
}
