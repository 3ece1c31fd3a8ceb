// Operators of ai.onnx.ml, as ONNX Runtime's CPU provider runs them.
import { fed, fixed, type OperatorCase } from "../make.ts";

const f32 = fed("float32");
const i64 = fed("int64");
const text = fed("string");

const N = ["N", 3] as const;
const S = ["S", 4] as const;

const of = (op: string, rest: Omit<OperatorCase, "op" | "domain">): OperatorCase => ({
  op,
  domain: "ai.onnx.ml",
  ...rest,
});

const floats = (...values: readonly number[]) => ({ floats: values });

/** One tree of one split: two leaves, each with a weight for one class or target. */
const TREE = {
  nodes_treeids: [0, 0, 0],
  nodes_nodeids: [0, 1, 2],
  nodes_featureids: [0, 0, 0],
  nodes_values: floats(0.5, 0, 0),
  nodes_modes: ["BRANCH_LEQ", "LEAF", "LEAF"],
  nodes_truenodeids: [1, 0, 0],
  nodes_falsenodeids: [2, 0, 0],
};
const LEAVES = (kind: "class" | "target", weight: string) => ({
  [`${kind}_treeids`]: [0, 0],
  [`${kind}_nodeids`]: [1, 2],
  [`${kind}_ids`]: [0, 1],
  [weight]: floats(1, 2),
});

const SVM = {
  kernel_type: "LINEAR",
  kernel_params: floats(0, 0, 0),
  support_vectors: floats(1, 2, 3, 4, 5, 6, 7, 8),
  vectors_per_class: [1, 1, 2],
  coefficients: floats(1, 2, 3, 4, 5, 6, 7, 8),
  rho: floats(0.1, 0.2, 0.3),
};

export const ML_CASES: readonly OperatorCase[] = [
  of("ArrayFeatureExtractor", { inputs: [f32([N, S]), fixed("int64")([0, 2])] }),
  of("ArrayFeatureExtractor", { inputs: [f32([N, S]), i64([1, ["K", 2]], [0])] }),
  of("ArrayFeatureExtractor", { inputs: [f32([S]), fixed("int64")([0, 2])] }),
  of("Binarizer", { inputs: [f32([N, S])], attributes: { threshold: { float: 1.5 } } }),
  of("CategoryMapper", { inputs: [text([N, S])], attributes: { cats_strings: ["1"], cats_int64s: [1] } }),
  of("CategoryMapper", { inputs: [i64([N, S])], attributes: { cats_strings: ["1"], cats_int64s: [1] } }),
  of("FeatureVectorizer", { inputs: [f32([N, 2]), f32([N, 3])], attributes: { inputdimensions: [2, 3] } }),
  of("Imputer", { inputs: [f32([N, S])], attributes: { imputed_value_floats: floats(1) } }),
  of("LabelEncoder", {
    inputs: [text([N, S])],
    attributes: { keys_strings: ["1"], values_floats: floats(1) },
  }),
  of("LabelEncoder", { inputs: [i64([N, S])], attributes: { keys_int64s: [1], values_strings: ["a"] } }),
  of("LabelEncoder", {
    inputs: [fed("float64")([N, S])],
    attributes: {
      keys_tensor: { tensor: fixed("float64")([1, 2]) },
      values_tensor: { tensor: fixed("float64")([1, 2]) },
      default_tensor: { tensor: fixed("float64")([0]) },
    },
  }),
  of("LinearClassifier", {
    inputs: [f32([N, 2])],
    attributes: {
      coefficients: floats(1, 2, 3, 4, 5, 6),
      intercepts: floats(1, 2, 3),
      classlabels_strings: ["a", "b", "c"],
    },
    outputs: 2,
  }),
  of("LinearClassifier", {
    inputs: [f32([N, 2])],
    attributes: { coefficients: floats(1, 2), intercepts: floats(1), classlabels_ints: [0, 1] },
    outputs: 2,
  }),
  of("LinearRegressor", {
    inputs: [f32([N, 2])],
    attributes: { coefficients: floats(1, 2), intercepts: floats(1) },
  }),
  of("LinearRegressor", {
    inputs: [f32([N, 2])],
    attributes: { coefficients: floats(1, 2, 3, 4), intercepts: floats(1, 2), targets: 2 },
  }),
  of("Normalizer", { inputs: [f32([N, S])], attributes: { norm: "L2" } }),
  of("OneHotEncoder", { inputs: [i64([N, S])], attributes: { cats_int64s: [1, 2, 3] } }),
  of("Scaler", { inputs: [i64([N, 2])], attributes: { offset: floats(1, 2), scale: floats(1, 2) } }),
  of("SVMClassifier", {
    inputs: [f32([N, 2])],
    attributes: { ...SVM, classlabels_ints: [0, 1, 2] },
    outputs: 2,
  }),
  of("SVMClassifier", {
    inputs: [f32([N, 2])],
    attributes: {
      ...SVM,
      classlabels_strings: ["a", "b", "c"],
      prob_a: floats(1, 1, 1),
      prob_b: floats(0, 0, 0),
    },
    outputs: 2,
  }),
  of("SVMClassifier", {
    inputs: [f32([N, 2])],
    attributes: {
      ...SVM,
      support_vectors: floats(1, 2, 3, 4),
      coefficients: floats(1, 2),
      vectors_per_class: [1, 1],
      rho: floats(0.1),
      classlabels_ints: [0, 1],
    },
    outputs: 2,
  }),
  of("SVMRegressor", {
    inputs: [f32([N, 2])],
    attributes: {
      kernel_type: "LINEAR",
      kernel_params: floats(0, 0, 0),
      support_vectors: floats(1, 2, 3, 4),
      n_supports: 2,
      coefficients: floats(1, 2),
      rho: floats(0.1),
    },
  }),
  of("TreeEnsembleClassifier", {
    opset: 3,
    inputs: [f32([N, 2])],
    attributes: { ...TREE, ...LEAVES("class", "class_weights"), classlabels_int64s: [0, 1] },
    outputs: 2,
  }),
  of("TreeEnsembleClassifier", {
    opset: 3,
    inputs: [f32([N, 2])],
    attributes: { ...TREE, ...LEAVES("class", "class_weights"), classlabels_strings: ["a", "b", "c"] },
    outputs: 2,
  }),
  of("TreeEnsembleRegressor", {
    opset: 3,
    inputs: [f32([N, 2])],
    attributes: { ...TREE, ...LEAVES("target", "target_weights"), n_targets: 2 },
  }),
  of("TreeEnsemble", {
    inputs: [f32([N, 2])],
    attributes: {
      n_targets: 2,
      tree_roots: [0],
      nodes_featureids: [0],
      nodes_splits: { tensor: fixed("float32")([0.5]) },
      nodes_modes: { tensor: fixed("uint8")([0]) },
      nodes_truenodeids: [0],
      nodes_falsenodeids: [1],
      nodes_trueleafs: [1],
      nodes_falseleafs: [1],
      leaf_targetids: [0, 1],
      leaf_weights: { tensor: fixed("float32")([1, 2]) },
    },
  }),
];
