import { type Code, openCode } from "../modules/code.ts";

/** The files of code of a pipeline. Each is loaded once, however many steps are made of its functions. */
export interface CodeFiles {
  /**
   * @param deadlineMs of each call; a file is loaded once for each deadline that its steps have
   * @throws what openCode throws
   */
  open(path: string, deadlineMs: number | undefined): Promise<Code>;
  close(): Promise<void>;
}

export function openCodeFiles(onNote?: (note: string) => void): CodeFiles {
  const opened = new Map<string, Promise<Code>>();
  return {
    open(path, deadlineMs) {
      const key = `${deadlineMs ?? ""}\n${path}`;
      const known = opened.get(key);
      if (known) return known;
      const opening = openCode(path, {
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
        ...(onNote ? { onNote } : {}),
      });
      opened.set(key, opening);
      return opening;
    },
    async close() {
      // What could not be loaded has closed itself, and whoever asked was told.
      const loaded = await Promise.allSettled(opened.values());
      await Promise.all(loaded.map((each) => each.status === "fulfilled" && each.value.close()));
    },
  };
}
