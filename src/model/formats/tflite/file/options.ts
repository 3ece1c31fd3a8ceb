import { fail } from "../../../../base/errors/index.ts";
import type { FlatTable } from "../../../wire/index.ts";
import {
  type FieldKind,
  OPTIONS_OF,
  type Options,
  TABLES,
  type TableName,
  UNION,
  UNION2,
} from "../schema/options.ts";
import { ENUMS, type TensorType } from "../schema/types.ts";

/** Slots of an Operator that hold its options: the member of the union, and the table. */
const OPTIONS = 3;
const OPTIONS_2 = 11;

const TABLE_OF = new Map<string, TableName>(Object.entries(OPTIONS_OF));

/**
 * The options of an operator. Where the file has none, or those of another operator, they are the schema's defaults, as the
 * runtime takes them.
 * @param known options that were read before: equal ones are one object, since a graph has few kinds of them
 * @throws MODEL_TFLITE_VALUE for a number that no version of the schema knows
 */
export function readOptions(operator: FlatTable, name: string, known: Map<string, Options>): Options {
  const wanted = TABLE_OF.get(name);
  if (!wanted) return NONE;
  const first = operator.union(OPTIONS);
  const second = first ? null : operator.union(OPTIONS_2);
  const found = first ? UNION[first.member - 1] : second ? UNION2[second.member - 1] : undefined;
  const table = found === wanted ? (first?.table ?? second?.table ?? null) : null;
  const options: Record<string, Options[string]> = {};
  for (const [slot, [field, kind]] of Object.entries(TABLES[wanted] as Record<string, FieldKind>).entries())
    options[field] = isEnum(kind)
      ? readEnum(table, slot, kind, `${name}, ${field}`)
      : READERS[kind](table, slot);
  // Texts may hold any character, so that no separator would do.
  if (Object.values(options).some((value) => typeof value === "string" && value.includes("\n")))
    return options;
  const key = `${name}\n${Object.values(options).join("\n")}`;
  const same = known.get(key);
  if (!same) known.set(key, options);
  return same ?? options;
}

const NONE: Options = {};

type EnumKind = Extract<FieldKind, keyof typeof ENUMS | `${string}=${TensorType}`>;

/** A field of a table, or of one that is not there: then it has the schema's default. */
const READERS: Readonly<
  Record<Exclude<FieldKind, EnumKind>, (table: FlatTable | null, slot: number) => Options[string]>
> = {
  int: (table, slot) => table?.int32(slot) ?? 0,
  "int=1": (table, slot) => table?.int32(slot, 1) ?? 1,
  long: (table, slot) => table?.int64(slot) ?? 0n,
  float: (table, slot) => table?.float32(slot) ?? 0,
  bool: (table, slot) => table?.bool(slot) ?? false,
  "bool=true": (table, slot) => table?.bool(slot, true) ?? true,
  ints: (table, slot) => Array.from(table?.int32s(slot) ?? []),
  longs: (table, slot) => Array.from(table?.int64s(slot) ?? [], Number),
  floats: (table, slot) => Array.from(table?.float32s(slot) ?? []),
  string: (table, slot) => table?.string(slot) ?? "",
  bytes: (table, slot) => table?.uint8s(slot) ?? new Uint8Array(0),
};

function isEnum(kind: FieldKind): kind is EnumKind {
  return !Object.hasOwn(READERS, kind);
}

function readEnum(table: FlatTable | null, slot: number, kind: EnumKind, what: string): string {
  const [name = "", usual = ""] = kind.split("=");
  const names: readonly string[] = ENUMS[name as keyof typeof ENUMS];
  const fallback = Math.max(0, names.indexOf(usual));
  const value = table?.int8(slot, fallback) ?? fallback;
  const found = names[value];
  if (found !== undefined) return found;
  throw fail(
    "MODEL_TFLITE_VALUE",
    { what, value },
    { where: `${table?.bytes.file}, byte ${table?.position}` },
  );
}
