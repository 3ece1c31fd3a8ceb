export {
  add,
  broadcast,
  greatest,
  isAtLeast,
  least,
  type Maybe,
  multiply,
  negate,
  product,
  subtract,
} from "./arithmetic.ts";
export { ceilDivide, divideExactly, floorDivide, isSymbol } from "./divide.ts";
export { evaluateExtent } from "./evaluate.ts";
export {
  type DimSymbol,
  type Extent,
  extentOf,
  factorOf,
  isSame,
  isSameShape,
  keyOf,
  lowerBound,
  symbolsOf,
  ticksSoFar,
} from "./extent.ts";
export { formatExtent } from "./format.ts";
