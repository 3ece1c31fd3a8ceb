import type { Rule } from "./rule.ts";
import { attributeKind } from "./rules/attribute-kind.ts";
import { attributeMissing } from "./rules/attribute-missing.ts";
import { attributeReference } from "./rules/attribute-reference.ts";
import { attributeUnknown } from "./rules/attribute-unknown.ts";
import { attributeValue } from "./rules/attribute-value.ts";
import { branchInputs } from "./rules/branch-inputs.ts";
import { branchOutputs } from "./rules/branch-outputs.ts";
import { constantInput } from "./rules/constant-input.ts";
import { constantNode } from "./rules/constant-node.ts";
import { DEFECTS } from "./rules/defects.ts";
import { functionOpset } from "./rules/function-opset.ts";
import { functionRecursion } from "./rules/function-recursion.ts";
import { functionTwice } from "./rules/function-twice.ts";
import { graphEmpty } from "./rules/graph-empty.ts";
import { inputUntyped } from "./rules/input-untyped.ts";
import { irFeature } from "./rules/ir-feature.ts";
import { irVersion } from "./rules/ir-version.ts";
import { nameEmpty } from "./rules/name-empty.ts";
import { nameShadows } from "./rules/name-shadows.ts";
import { nameTwice } from "./rules/name-twice.ts";
import { nodeArity } from "./rules/node-arity.ts";
import { nodeEmpty } from "./rules/node-empty.ts";
import { nodeUnused } from "./rules/node-unused.ts";
import { operatorDeprecated } from "./rules/operator-deprecated.ts";
import { operatorKernel } from "./rules/operator-kernel.ts";
import { operatorUnknown } from "./rules/operator-unknown.ts";
import { opsetMissing } from "./rules/opset-missing.ts";
import { opsetVersion } from "./rules/opset-version.ts";
import { order } from "./rules/order.ts";
import { outputMissing } from "./rules/output-missing.ts";
import { shapeHuge } from "./rules/shape-huge.ts";
import { sparseTensor } from "./rules/sparse-tensor.ts";
import { types } from "./rules/types.ts";
import { valueMissing } from "./rules/value-missing.ts";
import { valueType } from "./rules/value-type.ts";

/** Every rule of the check, in the order of the findings: the file, its graphs, its nodes, its values. */
export const RULES: readonly Rule[] = [
  irVersion,
  opsetVersion,
  opsetMissing,
  irFeature,
  functionTwice,
  functionRecursion,
  functionOpset,
  nameEmpty,
  nameTwice,
  nameShadows,
  graphEmpty,
  inputUntyped,
  order,
  valueMissing,
  outputMissing,
  nodeEmpty,
  operatorUnknown,
  operatorDeprecated,
  nodeArity,
  branchInputs,
  branchOutputs,
  attributeUnknown,
  attributeMissing,
  attributeKind,
  attributeReference,
  attributeValue,
  valueType,
  types,
  constantInput,
  constantNode,
  shapeHuge,
  sparseTensor,
  ...DEFECTS,
  operatorKernel,
  nodeUnused,
];
