import { type Family, intsAttribute, type Rule, shapeOf } from "../rule.ts";

/** Each text's parts lie along a new last axis, as long as the longest needs; beside it, how many there are. */
const split: Rule = (at) => {
  const shape = shapeOf(at, 0);
  return [{ shape: shape && [...shape, null] }, { shape }];
};

/** Words that are left out shorten the last axis of [C] or [1, C]; one empty text is left where all are. */
const normalize: Rule = (at) => {
  const shape = shapeOf(at, 0);
  const stopwords = at.attribute("stopwords");
  const isFiltered = stopwords?.kind === "strings" && stopwords.value.length > 0;
  return [
    { shape: shape?.map((dim, axis) => (isFiltered && axis === shape.length - 1 ? null : dim)) ?? null },
  ];
};

/** [C] → [n], [N, C] → [N, n]: a place for each n-gram, by the greatest index. */
const tfIdf: Rule = (at) => {
  const shape = shapeOf(at, 0);
  const places = intsAttribute(at, "ngram_indexes")?.reduce((greatest, each) => Math.max(greatest, each), -1);
  return [{ shape: shape && [...shape.slice(0, -1), places === undefined ? null : places + 1] }];
};

export const STRINGS: Family = {
  domain: "",
  rules: {
    StringNormalizer: normalize,
    StringSplit: split,
    TfIdfVectorizer: tfIdf,
  },
};
