import { fail } from "../../../../base/errors/index.ts";
import type { ByteSource } from "../../../../base/sources/source.ts";
import { FlatBytes, type FlatRange, FlatTable } from "../../../wire/index.ts";
import { BUILTINS, CUSTOM } from "../schema/builtins.ts";
import type { Options } from "../schema/options.ts";
import { itemAt } from "./item.ts";
import type { Operator, SignatureDef, Subgraph, TfliteFile, TfliteTensor } from "./model.ts";
import { readOptions } from "./options.ts";
import { settleRanks } from "./ranks.ts";
import { readTensor } from "./tensor.ts";

/** Tables and slots here are those of tensorflow/lite/schema/schema.fbs, version 3d. */

/**
 * An operator that is read and brought to ONNX takes up to three kilobytes and 25 µs: so many are answered within ten seconds.
 * Real models have some thousand.
 */
const MAX_OPERATORS = 250_000;

/** An entry of operator_codes. */
interface OperatorCode {
  readonly name: string;
  readonly isCustom: boolean;
  readonly version: number;
}

/**
 * Reads the structure of a TFLite file: everything but the contents of constants.
 * @throws MODEL_FLATBUFFER_DAMAGED, MODEL_STRUCTURE_TOO_LARGE, MODEL_TOO_MANY_NODES, MODEL_TFLITE_*, MODEL_SHAPE_INVALID,
 * MODEL_TENSOR_SIZE; all with the byte
 */
export async function parseTflite(source: ByteSource, signal?: AbortSignal): Promise<TfliteFile> {
  const bytes = await FlatBytes.open(source, signal);
  const root = await bytes.read(() => FlatTable.root(bytes), signal);
  const [version, description] = await bytes.read(() => [root.uint32(0), root.string(3) ?? ""] as const);
  const rows = async <T>(table: FlatTable, slot: number, read: (row: FlatTable, index: number) => T) => {
    const tables = await bytes.read(() => table.tables(slot), signal);
    return bytes.rows(tables.length, (index) => read(tables.at(index), index), signal);
  };
  const codes = await rows(root, 1, readCode);
  const buffers = await rows(root, 4, readBuffer);
  const subgraphs: Subgraph[] = [];
  const options = new Map<string, Options>();
  const tables = await rows(root, 2, (table) => table);
  let operators = 0;
  let tellsRanks = false;
  for (const table of tables) {
    operators += await bytes.read(() => table.tables(3).length, signal);
    const where = `${source.name}, byte ${table.position}`;
    if (operators > MAX_OPERATORS) throw fail("MODEL_TOO_MANY_NODES", { limit: MAX_OPERATORS }, { where });
  }
  for (const [index, table] of tables.entries()) {
    const tensors = await rows(table, 0, (row, at) => {
      tellsRanks ||= row.bool(8);
      return readTensor(row, at, index, buffers);
    });
    const [name, inputs, outputs] = await bytes.read(
      () =>
        [
          table.string(4) ?? "",
          pickAll(table, 1, tensors, `an input of subgraph ${index}`),
          pickAll(table, 2, tensors, `an output of subgraph ${index}`),
        ] as const,
      signal,
    );
    const nodes = await rows(table, 3, (row, at) => readOperator(row, at, index, codes, tensors, options));
    subgraphs.push({ index, byte: table.position, name, tensors, inputs, outputs, operators: nodes });
  }
  if (subgraphs.length === 0) throw bytes.damaged(root.position, "it holds no subgraph");
  settleRanks(subgraphs, tellsRanks);
  const metadata = await rows(root, 6, (row) => {
    const name = row.string(0) ?? "";
    const buffer = itemAt(buffers, row.uint32(1), row, "buffers", `the metadata ${name}`);
    return { name, content: buffer ?? { offset: 0, length: 0 } };
  });
  const signatures = await rows(root, 7, readSignature);
  return { file: source.name, size: source.size, version, description, subgraphs, metadata, signatures };
}

/** The larger of two numbers: the first is of the time when one byte was enough. */
function readCode(row: FlatTable): OperatorCode {
  const code = Math.max(row.int8(0), row.int32(3));
  const version = row.int32(2, 1);
  if (code === CUSTOM) return { name: row.string(1) ?? "", isCustom: true, version };
  // One that is newer than this table is shown by its number, and cannot be converted.
  return { name: BUILTINS[code] ?? `BUILTIN_${code}`, isCustom: false, version };
}

/** Where the bytes of a buffer lie: inside the flatbuffer, or behind it where the file has more than 2 GB. */
function readBuffer(row: FlatTable): FlatRange | null {
  const inside = row.range(0);
  if (inside && inside.length > 0) return inside;
  const [offset, length] = [row.size(1), row.size(2)];
  // The schema: only valid above 1.
  if (offset <= 1 || length === 0) return null;
  row.bytes.check(offset, length, "a buffer");
  return { offset, length };
}

function readOperator(
  row: FlatTable,
  index: number,
  subgraph: number,
  codes: readonly OperatorCode[],
  tensors: readonly TfliteTensor[],
  known: Map<string, Options>,
): Operator {
  const { name, isCustom, version } = itemAt(
    codes,
    row.uint32(0),
    row,
    "operator codes",
    `operator ${index}`,
  );
  const what = () => `operator ${index} of subgraph ${subgraph}`;
  return {
    index,
    subgraph,
    byte: row.position,
    name,
    isCustom,
    version,
    options: isCustom ? {} : readOptions(row, name, known),
    custom: isCustom ? customOptions(row) : null,
    inputs: pick(row, 1, tensors, what),
    outputs: pickAll(row, 2, tensors, what()),
    intermediates: pick(row, 8, tensors, what),
  };
}

function customOptions(row: FlatTable): FlatRange | null {
  const inside = row.range(5);
  if (inside && inside.length > 0) return inside;
  const [offset, length] = [row.size(9), row.size(10)];
  if (offset <= 1 || length === 0) return null;
  row.bytes.check(offset, length, "options");
  return { offset, length };
}

/** Tensors by a vector of their indices, of which -1 names none. */
function pick(
  row: FlatTable,
  slot: number,
  tensors: readonly TfliteTensor[],
  what: () => string,
): (TfliteTensor | null)[] {
  return Array.from(row.int32s(slot) ?? [], (index) =>
    index === -1 ? null : itemAt(tensors, index, row, "tensors", what()),
  );
}

function pickAll(
  row: FlatTable,
  slot: number,
  tensors: readonly TfliteTensor[],
  what: string,
): TfliteTensor[] {
  return Array.from(row.int32s(slot) ?? [], (index) => itemAt(tensors, index, row, "tensors", what));
}

function readSignature(row: FlatTable): SignatureDef {
  const names = (slot: number) => {
    const maps = row.tables(slot);
    return Array.from({ length: maps.length }, (_, i) => {
      const map = maps.at(i);
      return { name: map.string(0) ?? "", tensor: map.uint32(1) };
    });
  };
  return { key: row.string(2) ?? "", subgraph: row.uint32(4), inputs: names(0), outputs: names(1) };
}
