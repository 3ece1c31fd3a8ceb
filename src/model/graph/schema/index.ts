export { knownDomains, newestOpset, operatorsOf, schemaOf, schemaVersions } from "./lookup.ts";
export {
  type AttributeKind,
  type AttributeSchema,
  type FormalParameter,
  type OperatorSchema,
  parameterAt,
} from "./schema.ts";
export { NEWEST_IR, RUNTIME_IR, RUNTIME_OPSET } from "./schemas.gen.ts";
export { elementName, typeName } from "./type-name.ts";
