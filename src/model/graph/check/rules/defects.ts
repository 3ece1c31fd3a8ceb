import type { Defect } from "../../graph.ts";
import type { Severity } from "../finding.ts";
import { placesOf } from "../places.ts";
import type { Rule } from "../rule.ts";

/** What readers see wrong in a file and the graph cannot show. */
const KINDS: Readonly<Record<Defect["kind"], readonly [Severity, title: string, remedy: string]>> = {
  "attribute-twice": [
    "error",
    "An attribute that stands there twice",
    "Take one of them out: tools differ in which of the two they read.",
  ],
  "attribute-mistyped": [
    "error",
    "An attribute that is declared as one type and holds another",
    "Export the model again, with a newer version of the tool that wrote it.",
  ],
  "attribute-empty": ["error", "An attribute without a value", "Give it a value, or take it out."],
  "constant-twice": [
    "error",
    "Two constants of one name",
    "Take one of them out: tools differ in which of the two they read.",
  ],
  "constant-mistyped": [
    "error",
    "A constant of another type or shape than is declared for it",
    "Mend the declaration: the constant is what it is.",
  ],
  "constant-data-twice": [
    "error",
    "A constant whose elements stand there twice",
    "Take one of them out: tools differ in which of the two they read.",
  ],
  "opset-twice": [
    "warning",
    "An operator set that is imported twice",
    "Take one of them out: tools differ in which of the two they read.",
  ],
  "metadata-twice": ["warning", "Metadata with one key twice", "Take one of them out."],
  "dimension-negative": [
    "warning",
    "A negative length",
    "Leave the length out, or give it a name: so the format writes lengths that vary.",
  ],
  "dimension-huge": ["error", "A length over 2^53", "The file is damaged or hostile: export it again."],
  "type-unknown": [
    "error",
    "An element type that nobody knows",
    "The file is damaged, or newer than this version of Modelyard.",
  ],
  "external-missing": [
    "error",
    "Weights in a file that is not there",
    "Put that file into the model's folder: without it the model can be looked at, but not run.",
  ],
  "external-entry": [
    "error",
    "Weights in another file, with an entry that runtimes refuse",
    "Convert the model, which writes the entries anew: location, offset and length.",
  ],
  "external-self": [
    "warning",
    "Weights that lie in the model's own file as if it were another",
    "Convert the model: a tool that writes it again, or renames it, would lose them.",
  ],
};

export const DEFECTS: readonly Rule[] = Object.entries(KINDS).map(([kind, [severity, title, remedy]]) => ({
  id: kind,
  severity,
  title,
  remedy,
  model({ model, scopes }, found) {
    const defects = (model.defects ?? []).filter((defect) => defect.kind === kind);
    const places = placesOf(defects.flatMap(({ node }) => node ?? []));
    for (const defect of defects) {
      const scope = defect.graph ? scopes.get(defect.graph) : undefined;
      const { node, value, attribute, text } = defect;
      found(text, {
        value,
        attribute,
        ...(scope ? { scope } : {}),
        ...(node && scope ? { node, index: places.get(node) ?? 0 } : {}),
      });
    }
  },
}));
