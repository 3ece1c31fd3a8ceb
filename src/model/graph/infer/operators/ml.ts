import type { DType } from "../../../tensor/dtype.ts";
import { type Maybe, product } from "../extent/index.ts";
import type { Type } from "../fact.ts";
import {
  type Application,
  dtypeOf,
  type Family,
  intAttribute,
  intsAttribute,
  type Rule,
  shapeOf,
  stringAttribute,
} from "../rule.ts";
import { like } from "./like.ts";

/** Rows of x [N, features]; one where it is a single row [features]. */
function rows(at: Application): Maybe {
  const shape = shapeOf(at, 0);
  if (!shape) return null;
  return shape.length === 1 ? 1 : (shape[0] ?? null);
}

/** How many an attribute lists, whatever their type; 0 where there is none. */
function countOf(at: Application, name: string): number {
  const found = at.attribute(name);
  switch (found?.kind) {
    case "ints":
    case "floats":
    case "strings":
      return found.value.length;
    case "tensor":
      return found.value.shape.reduce((count, dim) => count * dim, 1);
    default:
      return 0;
  }
}

/** Labels [N] of the type of the class names, scores [N, classes]. */
const classifier =
  (ints: string, scores: (at: Application, classes: number) => number): Rule =>
  (at) => {
    const names = countOf(at, "classlabels_strings");
    const classes = names || countOf(at, ints);
    const width = scores(at, classes);
    return [
      { shape: [rows(at)], dtype: names > 0 ? "string" : "int64" },
      { shape: [rows(at), width > 0 ? width : null] },
    ];
  };

const perClass = (_: Application, classes: number) => classes;

/** A support vector machine votes on each pair of classes, unless it was fitted to give probabilities. */
function svmScores(at: Application, classes: number): number {
  const votes = countOf(at, "vectors_per_class") > 0 && countOf(at, "prob_a") === 0;
  return votes && classes > 2 ? (classes * (classes - 1)) / 2 : classes;
}

const regressor =
  (targets: (at: Application) => number): Rule =>
  (at) => [{ shape: [rows(at), targets(at)] }];

/** The columns that are asked for, of x [features] as of a single row. */
const extract: Rule = (at) => {
  const data = shapeOf(at, 0);
  const columns = shapeOf(at, 1);
  const head = data?.length === 1 ? [1] : data?.slice(0, -1);
  return [{ shape: head ? [...head, columns ? product(columns) : null] : null }];
};

const VALUES: Readonly<Record<string, DType>> = {
  values_strings: "string",
  values_int64s: "int64",
  values_floats: "float32",
};

function encodedType(at: Application): DType | null {
  const values = at.attribute("values_tensor");
  if (values?.kind === "tensor") return values.value.dtype;
  for (const [name, dtype] of Object.entries(VALUES)) if (at.attribute(name)) return dtype;
  return opposite(at);
}

/** Texts become numbers, and numbers texts. */
const opposite = (at: Application): DType | null => {
  const dtype = dtypeOf(at, 0);
  return dtype && (dtype === "string" ? "int64" : "string");
};

const CASTS: Readonly<Record<string, DType>> = {
  TO_FLOAT: "float32",
  TO_STRING: "string",
  TO_INT64: "int64",
};

const castMap: Rule = (at) => [
  {
    shape: [1, stringAttribute(at, "map_form", "DENSE") === "SPARSE" ? intAttribute(at, "max_map", 1) : null],
    dtype: CASTS[stringAttribute(at, "cast_to", "TO_FLOAT")] ?? null,
  },
];

const dictionary: Rule = (at) => {
  const type = at.inputs[0]?.type;
  const value = type?.kind === "map" ? type.value : null;
  const count = countOf(at, "string_vocabulary") || countOf(at, "int64_vocabulary");
  return [{ shape: [1, count], dtype: value && "dtype" in value ? value.dtype : null }];
};

const zipMap: Rule = (at) => {
  const value: Type = { kind: "tensor", dtype: "float32", shape: [] };
  const key = countOf(at, "classlabels_strings") > 0 ? "string" : "int64";
  return [{ kind: "sequence", element: { kind: "map", key, value } }];
};

const features: Rule = (at) => {
  const widths = intsAttribute(at, "inputdimensions");
  return [{ shape: [rows(at), widths?.reduce((sum, width) => sum + width, 0) ?? null] }];
};

const oneHot: Rule = (at) => {
  const shape = shapeOf(at, 0);
  const categories = countOf(at, "cats_strings") || countOf(at, "cats_int64s");
  return [{ shape: shape && [...shape, categories] }];
};

export const ML: Family = {
  domain: "ai.onnx.ml",
  rules: {
    ArrayFeatureExtractor: extract,
    Binarizer: like(),
    CastMap: castMap,
    CategoryMapper: (at) => [{ shape: shapeOf(at, 0), dtype: opposite(at) }],
    DictVectorizer: dictionary,
    FeatureVectorizer: features,
    Imputer: like(),
    LabelEncoder: (at) => [{ shape: shapeOf(at, 0), dtype: encodedType(at) }],
    LinearClassifier: classifier("classlabels_ints", perClass),
    LinearRegressor: regressor((at) => intAttribute(at, "targets", 1)),
    Normalizer: like(),
    OneHotEncoder: oneHot,
    SVMClassifier: classifier("classlabels_ints", svmScores),
    SVMRegressor: regressor(() => 1),
    Scaler: like(),
    TreeEnsemble: regressor((at) => intAttribute(at, "n_targets", 1)),
    TreeEnsembleClassifier: classifier("classlabels_int64s", perClass),
    TreeEnsembleRegressor: regressor((at) => intAttribute(at, "n_targets", 1)),
    ZipMap: zipMap,
  },
};
