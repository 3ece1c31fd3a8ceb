import { FlatBytes, FlatTable, type FlatTables } from "../../../wire/flatbuffers/index.ts";

/**
 * TFLite Metadata as plain data: the tables of metadata_schema.fbs 1.5.0 (tensorflow/tflite-support), as far as they say what
 * tensors mean. Fields are read by their slot; those of later versions are not known and not asked for.
 */
export interface ModelMetadata {
  readonly name: string;
  readonly description: string;
  readonly author: string;
  readonly license: string;
  /** The least version of this schema with which all of it is understood. */
  readonly minParserVersion: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  /** Those of the whole graph, such as tokenizers. */
  readonly inputUnits: readonly ProcessUnit[];
  /** How many there are of what no task asks for: units of the graph's outputs, groups of tensors that belong together. */
  readonly outputUnits: number;
  readonly groups: number;
}

export interface TensorMetadata {
  readonly name: string;
  readonly content: Content | null;
  readonly units: readonly ProcessUnit[];
  readonly files: readonly AssociatedFile[];
}

export interface AssociatedFile {
  readonly name: string;
  readonly type: FileType;
  readonly locale: string;
}

export type FileType = (typeof FILE_TYPES)[number] | "unknown";
const FILE_TYPES = [
  "unknown",
  "descriptions",
  "axis-labels",
  "value-labels",
  "axis-score-calibration",
  "vocabulary",
] as const;

export type Content =
  | { readonly kind: "feature" }
  | { readonly kind: "image"; readonly color: "RGB" | "GRAY" | null; readonly size: [number, number] | null }
  | {
      readonly kind: "boxes";
      readonly index: readonly number[];
      readonly type: "boundaries" | "upper-left" | "center" | null;
      readonly unit: "ratio" | "pixels";
    }
  | { readonly kind: "audio"; readonly sampleRate: number; readonly channels: number };

export type ProcessUnit =
  | { readonly kind: "normalization"; readonly mean: readonly number[]; readonly std: readonly number[] }
  | { readonly kind: "score-calibration"; readonly transformation: number; readonly default: number }
  | { readonly kind: "score-threshold"; readonly threshold: number }
  | { readonly kind: "bert"; readonly vocabulary: readonly AssociatedFile[] }
  | { readonly kind: "sentencepiece" }
  | { readonly kind: "regex"; readonly delimiter: string; readonly vocabulary: readonly AssociatedFile[] };

/** What stands at bytes 4 to 8 of every version that keeps the places of the fields. */
const IDENTIFIER = "M001";

/** Real files have a dozen of each; more than so many of anything are not looked at. */
const MOST = 4_096;

/**
 * Reads the metadata of a TFLite model; null where it has another identifier.
 * @throws MODEL_FLATBUFFER_DAMAGED with the byte
 */
export function readMetadata(content: Uint8Array, file: string): ModelMetadata | null {
  if (new TextDecoder("latin1").decode(content.subarray(4, 8)) !== IDENTIFIER) return null;
  const root = FlatTable.root(FlatBytes.of(content, file));
  const [graph] = all(root.tables(3), (table) => table);
  return {
    name: root.string(0) ?? "",
    description: root.string(1) ?? "",
    author: root.string(4) ?? "",
    license: root.string(5) ?? "",
    minParserVersion: root.string(7) ?? "",
    inputs: graph ? all(graph.tables(2), readTensor) : [],
    outputs: graph ? all(graph.tables(3), readTensor) : [],
    inputUnits: graph ? all(graph.tables(5), readUnit) : [],
    outputUnits: graph ? graph.tables(6).length : 0,
    groups: graph ? graph.tables(7).length + graph.tables(8).length : 0,
  };
}

function all<T>(tables: FlatTables, read: (table: FlatTable) => T | null): T[] {
  const found: T[] = [];
  for (let i = 0; i < Math.min(tables.length, MOST); i++) {
    const each = read(tables.at(i));
    if (each !== null) found.push(each);
  }
  return found;
}

function readTensor(table: FlatTable): TensorMetadata {
  const content = table.table(3);
  return {
    name: table.string(0) ?? "",
    content: content && readContent(content),
    units: all(table.tables(4), readUnit),
    files: all(table.tables(6), readFile),
  };
}

function readFile(table: FlatTable): AssociatedFile {
  return {
    name: table.string(0) ?? "",
    type: FILE_TYPES[table.int8(2)] ?? "unknown",
    locale: table.string(3) ?? "",
  };
}

/** The members of the union ContentProperties, from 1 on. */
const CONTENTS: readonly ((table: FlatTable) => Content)[] = [
  () => ({ kind: "feature" }),
  (table) => {
    const size = table.table(1);
    return {
      kind: "image",
      color: ([null, "RGB", "GRAY"] as const)[table.int8(0)] ?? null,
      size: size && [size.uint32(1), size.uint32(0)],
    };
  },
  (table) => ({
    kind: "boxes",
    index: Array.from(table.int32s(0) ?? []),
    type: ([null, "boundaries", "upper-left", "center"] as const)[table.int8(1)] ?? null,
    unit: table.int8(2) === 1 ? "pixels" : "ratio",
  }),
  (table) => ({ kind: "audio", sampleRate: table.uint32(0), channels: table.uint32(1) }),
];

function readContent(table: FlatTable): Content | null {
  const union = table.union(0);
  return (union && CONTENTS[union.member - 1]?.(union.table)) ?? null;
}

/** The members of the union ProcessUnitOptions, from 1 on. */
const UNITS: readonly ((table: FlatTable) => ProcessUnit)[] = [
  (table) => ({
    kind: "normalization",
    mean: Array.from(table.float32s(0) ?? []),
    std: Array.from(table.float32s(1) ?? []),
  }),
  (table) => ({ kind: "score-calibration", transformation: table.int8(0), default: table.float32(1) }),
  (table) => ({ kind: "score-threshold", threshold: table.float32(0) }),
  (table) => ({ kind: "bert", vocabulary: all(table.tables(0), readFile) }),
  () => ({ kind: "sentencepiece" }),
  (table) => ({
    kind: "regex",
    delimiter: table.string(0) ?? "",
    vocabulary: all(table.tables(1), readFile),
  }),
];

function readUnit(table: FlatTable): ProcessUnit | null {
  const union = table.union(0);
  return (union && UNITS[union.member - 1]?.(union.table)) ?? null;
}
