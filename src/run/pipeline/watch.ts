import { type FSWatcher, watch } from "node:fs";
import { sep } from "node:path";

/** Milliseconds without a change after which a change counts as whole: editors write a file in several steps. */
const QUIET_MS = 100;

/**
 * Watches a folder and all that is in it.
 * @param changed called with the names, directly in the folder, in or at which something changed
 * @returns ends it
 */
export function watchFolder(
  folder: string,
  changed: (names: ReadonlySet<string>) => void,
  onProblem: (error: unknown) => void,
): () => void {
  let names = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | null = null;
  const tell = () => {
    const told = names;
    names = new Set();
    // Node watches each file by what it was when watching began: one that was replaced, as editors save, would change unseen.
    begin();
    changed(told);
  };
  const begin = () => {
    watcher?.close();
    watcher = null;
    try {
      watcher = watch(folder, { recursive: true, persistent: false }, (_event, file) => {
        const [name = ""] = (file ?? "").split(sep);
        // What begins with a dot is no model, but an editor's own.
        if (name.startsWith(".")) return;
        names.add(name);
        clearTimeout(timer);
        timer = setTimeout(tell, QUIET_MS).unref();
      });
      watcher.on("error", onProblem);
    } catch (error) {
      onProblem(error);
    }
  };
  begin();
  return () => {
    clearTimeout(timer);
    watcher?.close();
  };
}
