import { isMap, isSeq, LineCounter, parseDocument, type Node as YamlNode } from "yaml";

/**
 * Where a statement of model.yaml stands, `file:line:column`; undefined where the file does not make it.
 * @param path keys from the file's top, which may hold dots: `["inputs", "image", "size", 0]`
 */
export type Locate = (path: readonly (string | number)[]) => string | undefined;

/** Keeps the text alone, and parses it again where somebody asks: who asks has an error to tell. */
export function locateIn(source: string, file: string): Locate {
  return (path) => {
    const lines = new LineCounter();
    const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
    let at = document.contents as YamlNode | null;
    for (const key of path) {
      if (isMap(at)) {
        const pair = at.items.find((each) => String(each.key) === String(key));
        if (!pair) return undefined;
        at = (pair.value ?? pair.key) as YamlNode;
      } else if (isSeq(at) && typeof key === "number" && at.items[key]) at = at.items[key] as YamlNode;
      else return undefined;
    }
    const { line, col } = lines.linePos(at?.range?.[0] ?? 0);
    return `${file}:${line}:${col}`;
  };
}
