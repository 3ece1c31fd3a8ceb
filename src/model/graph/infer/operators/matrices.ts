import { broadcastShapes } from "../broadcasting.ts";
import { formatExtent, type Maybe } from "../extent/index.ts";
import { type Application, type Family, intAttribute, type Rule, shapeOf, stringAttribute } from "../rule.ts";
import { agreed } from "./joining.ts";

/** Products of matrices, and what is as regular. */

/** numpy's matmul: the last two axes are matrices, those before are broadcast; a vector is a row or a column. */
export function matrixProduct(
  at: Application,
  a: readonly Maybe[] | null,
  b: readonly Maybe[] | null,
): readonly Maybe[] | null {
  if (!a || !b) return null;
  if (a.length === 0 || b.length === 0) {
    at.conflict("a product of matrices with a scalar");
    return null;
  }
  const inner = [a.at(-1) ?? null, b.at(Math.max(-2, -b.length)) ?? null];
  if (typeof inner[0] === "number" && typeof inner[1] === "number" && inner[0] !== inner[1])
    at.conflict(`inner lengths ${inner.map((each) => each && formatExtent(each)).join(" and ")}`);
  const batch = broadcastShapes(at, [a.slice(0, -2), b.slice(0, -2)]);
  const row = a.length > 1 ? [a.at(-2) ?? null] : [];
  const column = b.length > 1 ? [b.at(-1) ?? null] : [];
  return batch && [...batch, ...row, ...column];
}

const matMul: Rule = (at) => [{ shape: matrixProduct(at, shapeOf(at, 0), shapeOf(at, 1)) }];

const gemm: Rule = (at) => {
  const [a, b] = [shapeOf(at, 0), shapeOf(at, 1)];
  const rows = a?.[intAttribute(at, "transA", 0) === 1 ? 1 : 0] ?? null;
  const columns = b?.[intAttribute(at, "transB", 0) === 1 ? 0 : 1] ?? null;
  return [{ shape: [rows, columns] }];
};

const det: Rule = (at) => [{ shape: shapeOf(at, 0)?.slice(0, -2) ?? null }];

const EQUATION = {
  remedy: 'Write the equation as in "ij,jk->ik": one term an input, and one for the output.',
};

/** Terms in the equation; letters are as many as there are. */
const MAX_TERMS = 64;

const einsum: Rule = (at) => {
  const equation = stringAttribute(at, "equation", "").replaceAll(" ", "");
  const [left = "", right, ...more] = equation.split("->");
  const terms = left.split(",");
  if (more.length > 0) at.conflict("an equation of several arrows", EQUATION);
  if (terms.length !== at.inputs.length)
    at.conflict(`an equation of ${terms.length} terms for ${at.inputs.length} inputs`, EQUATION);
  if (more.length > 0 || terms.length !== at.inputs.length || terms.length > MAX_TERMS) return [null];
  const letters = new Map<string, Maybe>();
  const uses = new Map<string, number>();
  const rests: (readonly Maybe[] | null)[] = [];
  for (const [i, term] of terms.entries()) {
    const dims = shapeOf(at, i);
    const names = term.replace("...", "");
    const [before = "", after] = term.split("...");
    if (dims && (after === undefined ? dims.length !== names.length : dims.length < names.length)) {
      at.conflict(`the term ${term} of a tensor of rank ${dims.length}`);
      return [null];
    }
    const rest = dims ? dims.length - names.length : 0;
    if (after !== undefined) rests.push(dims?.slice(before.length, before.length + rest) ?? null);
    for (const [place, letter] of [...names].entries()) {
      const dim = dims?.[place < before.length ? place : place + rest] ?? null;
      letters.set(letter, einsumLength(at, letters.get(letter), dim, letter));
      uses.set(letter, (uses.get(letter) ?? 0) + 1);
    }
  }
  const common = broadcastShapes(at, rests);
  const output = right ?? implicit(uses, rests.length > 0);
  const [before = "", after] = output.split("...");
  const named = (text: string) => [...text].map((letter) => letters.get(letter) ?? null);
  if (after === undefined) return [{ shape: named(before) }];
  return [{ shape: common && [...named(before), ...common, ...named(after)] }];
};

/** Letters that stand in several terms have one length; 1 is stretched. */
function einsumLength(at: Application, known: Maybe | undefined, dim: Maybe, letter: string): Maybe {
  if (known === undefined || known === 1) return dim;
  return dim === 1 ? known : agreed(at, [known, dim], letter.charCodeAt(0));
}

/** Without an arrow: what stands once, in the order of the alphabet, behind the broadcast axes. */
function implicit(uses: ReadonlyMap<string, number>, hasRest: boolean): string {
  const once = [...uses].filter(([, count]) => count === 1).map(([letter]) => letter);
  return (hasRest ? "..." : "") + once.sort().join("");
}

export const MATRICES: Family = {
  domain: "",
  rules: { Det: det, Einsum: einsum, Gemm: gemm, MatMul: matMul, MatMulInteger: matMul },
};
