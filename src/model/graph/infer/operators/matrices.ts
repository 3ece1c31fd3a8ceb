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
  const [a, b, c] = [shapeOf(at, 0), shapeOf(at, 1), shapeOf(at, 2)];
  const [rows, inner] = sidesOf(at, a, "transA");
  const [other, columns] = sidesOf(at, b, "transB");
  if (typeof inner === "number" && typeof other === "number" && inner !== other)
    at.conflict(`inner lengths ${inner} and ${other}`);
  const shape = [rows, columns];
  // Before 7 an attribute says that it is stretched, as far as any version stretches it.
  if (c && !isStretched(c, shape))
    at.conflict(`a bias of [${c.map(textOf)}] for a result of [${shape.map(textOf)}]`, { input: 2 });
  return [{ shape }];
};

function sidesOf(at: Application, dims: readonly Maybe[] | null, name: string): readonly [Maybe, Maybe] {
  if (dims && dims.length !== 2) at.conflict(`a product of matrices with a tensor of rank ${dims.length}`);
  const [first = null, second = null] = dims ?? [];
  return intAttribute(at, name, 0) === 0 ? [first, second] : [second, first];
}

/** Whether a shape broadcasts to another, as far as lengths are known. */
function isStretched(from: readonly Maybe[], to: readonly Maybe[]): boolean {
  if (from.length > to.length) return false;
  return from.every((length, axis) => {
    const wanted = to[to.length - from.length + axis] ?? null;
    return typeof length !== "number" || typeof wanted !== "number" || length === 1 || length === wanted;
  });
}

const textOf = (length: Maybe) => (length === null ? "?" : formatExtent(length));

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
  const wrong = wrongTerms(terms, right);
  if (wrong !== null) {
    at.conflict(wrong, EQUATION);
    return [null];
  }
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
  const ranks = new Set(rests.flatMap((rest) => rest?.length ?? []));
  if (ranks.size > 1) {
    at.conflict(`ellipses that stand for ${[...ranks].join(" and ")} axes`, EQUATION);
    return [null];
  }
  const common = broadcastShapes(at, rests);
  const output = right ?? implicit(uses, rests.length > 0);
  const [before = "", after] = output.split("...");
  const named = (text: string) => [...text].map((letter) => letters.get(letter) ?? null);
  if (after === undefined) return [{ shape: named(before) }];
  return [{ shape: common && [...named(before), ...common, ...named(after)] }];
};

/** What no equation may have, whatever the shapes are; null where there is none. */
function wrongTerms(terms: readonly string[], output: string | undefined): string | null {
  for (const term of output === undefined ? terms : [...terms, output]) {
    if (/^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(term)) continue;
    return `the term ${JSON.stringify(term.slice(0, LONGEST_TERM))}, which has more than letters and one ellipsis`;
  }
  if (output === undefined) return null;
  const letters = new Set(terms.join(""));
  const seen = new Set<string>();
  for (const letter of output.replace("...", "")) {
    if (!letters.has(letter)) return `the letter ${letter} of the output, which no input has`;
    if (seen.has(letter)) return `the letter ${letter}, which the output has twice`;
    seen.add(letter);
  }
  return null;
}

/** Of a term, in a message. */
const LONGEST_TERM = 40;

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
