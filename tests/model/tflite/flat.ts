// Writes flatbuffers, well-formed or not, from a description: what the tests need of a TFLite file (flatbuffers.dev/internals).

/** A field's content: inline bytes, or what an offset leads to. */
export type Field =
  | { readonly inline: Uint8Array }
  | { readonly table: Fields }
  | { readonly tables: readonly Fields[] }
  | { readonly vector: Uint8Array; readonly length: number };

/** Fields by slot. */
export type Fields = Readonly<Record<number, Field>>;

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

export const i8 = (value: number): Field => ({ inline: bytesOf(Int8Array.of(value)) });
export const i32 = (value: number): Field => ({ inline: bytesOf(Int32Array.of(value)) });
export const u32 = (value: number): Field => ({ inline: bytesOf(Uint32Array.of(value)) });
export const u64 = (value: number | bigint): Field => ({
  inline: bytesOf(BigUint64Array.of(BigInt(value))),
});
export const f32 = (value: number): Field => ({ inline: bytesOf(Float32Array.of(value)) });
export const flag = (value: boolean): Field => i8(value ? 1 : 0);
export const table = (fields: Fields): Field => ({ table: fields });
export const tables = (rows: readonly Fields[]): Field => ({ tables: rows });
/** Behind the bytes that it counts a text has a zero. */
export const text = (value: string): Field => {
  const vector = new TextEncoder().encode(`${value}\0`);
  return { vector, length: vector.byteLength - 1 };
};
export const bytes = (value: Uint8Array): Field => ({ vector: value, length: value.byteLength });
export const ints = (values: readonly number[]): Field => ({
  vector: bytesOf(Int32Array.from(values)),
  length: values.length,
});
export const longs = (values: readonly number[]): Field => ({
  vector: bytesOf(BigInt64Array.from(values, BigInt)),
  length: values.length,
});
export const floats = (values: readonly number[]): Field => ({
  vector: bytesOf(Float32Array.from(values)),
  length: values.length,
});

/** A whole flatbuffer with its root table. Everything stands behind what names it, on multiples of 8. */
export function flatbuffer(root: Fields, identifier = "TFL3"): Uint8Array<ArrayBuffer> {
  let out = new Uint8Array(1024);
  let end = 0;
  const room = (length: number): number => {
    const at = Math.ceil(end / 8) * 8;
    end = at + length;
    while (end > out.byteLength) {
      const larger = new Uint8Array(2 * out.byteLength);
      larger.set(out);
      out = larger;
    }
    return at;
  };
  const write32 = (at: number, value: number) => new DataView(out.buffer).setUint32(at, value, true);
  const writeTable = (fields: Fields): number => {
    const slots = Object.entries(fields).map(([slot, field]) => ({ slot: Number(slot), field }));
    const count = Math.max(0, ...slots.map(({ slot }) => slot + 1));
    const vtable = room(4 + 2 * count);
    // Eight bytes for each field, after the offset of the list.
    const at = room(8 + 8 * slots.length);
    const view = () => new DataView(out.buffer);
    view().setUint16(vtable, 4 + 2 * count, true);
    view().setUint16(vtable + 2, 8 + 8 * slots.length, true);
    view().setInt32(at, at - vtable, true);
    for (const [i, { slot, field }] of slots.entries()) {
      const place = at + 8 + 8 * i;
      view().setUint16(vtable + 4 + 2 * slot, place - at, true);
      if ("inline" in field) out.set(field.inline, place);
      else write32(place, writeField(field) - place);
    }
    return at;
  };
  const writeField = (field: Exclude<Field, { inline: Uint8Array }>): number => {
    if ("table" in field) return writeTable(field.table);
    if ("tables" in field) {
      const at = room(4 + 4 * field.tables.length);
      write32(at, field.tables.length);
      for (const [i, row] of field.tables.entries()) {
        const place = at + 4 + 4 * i;
        write32(place, writeTable(row) - place);
      }
      return at;
    }
    const at = room(4 + field.vector.byteLength);
    write32(at, field.length);
    out.set(field.vector, at + 4);
    return at;
  };
  room(8);
  const first = writeTable(root);
  write32(0, first);
  out.set(new TextEncoder().encode(identifier), 4);
  return out.slice(0, end);
}
