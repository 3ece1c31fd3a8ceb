/*
 * A WebAssembly module of a few functions (WebAssembly Core Specification 2.0, 5 "Binary Format"), with the vectors of 128 bits that
 * every engine has had since 2021. An instruction is a function of what computes its operands.
 */

/** Bytes of instructions, one after the other. */
export type Code = readonly number[];

export type Type = keyof typeof TYPES;

const TYPES = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

/** A function that gives nothing back: what it finds, it leaves in memory. */
export interface Routine {
  readonly name: string;
  readonly parameters: readonly Type[];
  /** Types of the locals behind the parameters. */
  readonly locals: readonly Type[];
  readonly body: Code;
}

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return [...bytes, left];
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left < -64 || left > 63; left >>= 7) bytes.push((left & 0x7f) | 0x80);
  return [...bytes, left & 0x7f];
}

function floatBytes(value: number): number[] {
  return [...new Uint8Array(Float32Array.of(value).buffer)];
}

function operator(...bytes: number[]) {
  return (...operands: Code[]): Code => [...operands.flat(), ...bytes];
}

function vector(number: number) {
  return operator(0xfd, ...unsigned(number));
}

/** Vectors lie at multiples of a float, not of their own size. */
const ALIGNMENT = 2;

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const int = (value: number): Code => [0x41, ...signed(value)];
export const float = (value: number): Code => [0x43, ...floatBytes(value)];

export const i32 = { add: operator(0x6a), isAtLeast: operator(0x4e) };

export const v128 = {
  load: (address: Code): Code => [...address, 0xfd, 0x00, ALIGNMENT, 0],
  store: (address: Code, value: Code): Code => [...address, ...value, 0xfd, 0x0b, ALIGNMENT, 0],
  /** One of four elements. */
  storeOne: (lane: number, address: Code, value: Code): Code => [
    ...address,
    ...value,
    ...[0xfd, 0x5a, ALIGNMENT, 0, lane],
  ],
  and: vector(0x4e),
  or: vector(0x50),
  /** The bits of `a` that the last one does not have. */
  andNot: vector(0x4f),
  /** Bits of `a` where the last one has them, else of `b`. */
  select: vector(0x52),
};

export const f32x4 = {
  splat: vector(0x13),
  /** All bits where it is so, else none. */
  isEqual: vector(0x41),
  isGreater: vector(0x44),
  abs: vector(0xe0),
  add: vector(0xe4),
  sub: vector(0xe5),
  mul: vector(0xe6),
  div: vector(0xe7),
  /** `b` where it is less, else `a`: also where either is no number. */
  lesser: vector(0xea),
  /** `b` where `a` is less, else `a`. */
  greater: vector(0xeb),
};

export const i32x4 = {
  splat: vector(0x11),
  shiftLeft: vector(0xab),
  greater: vector(0xb8),
  /** Towards zero; 0 where it is no number. */
  truncate: vector(0xf8),
};

/** Two vectors in one of half as wide elements; what does not fit becomes the nearest that does. */
export const narrow = { to16: vector(0x85), to8: vector(0x65) };

/** Runs `body` with 0, `step`, `2 · step` and so on in a local, up to what is less than a limit. */
export function each(local: number, step: number, limit: Code, body: Code): Code {
  const leave: Code = [...i32.isAtLeast(get(local), limit), 0x0d, 1];
  const again: Code = [...set(local, i32.add(get(local), int(step))), 0x0c, 0];
  return [...set(local, int(0)), 0x02, 0x40, 0x03, 0x40, ...leave, ...body, ...again, 0x0b, 0x0b];
}

function list(items: readonly Code[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(content: Code): number[] {
  return [...unsigned(content.length), ...content];
}

function text(value: string): number[] {
  return sized([...new TextEncoder().encode(value)]);
}

/** The memory, which the module is given, is called "memory" of "of". */
export function assemble(routines: readonly Routine[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, items: readonly Code[]) => [id, ...sized(list(items))];
  const types = routines.map(({ parameters }) => [0x60, ...list(parameters.map((type) => [TYPES[type]])), 0]);
  const memory = [...text("of"), ...text("memory"), 0x02, 0x00, 1];
  const code = routines.map(({ locals, body }) =>
    sized([...list(locals.map((type) => [1, TYPES[type]])), ...body, 0x0b]),
  );
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [memory]),
    ...section(
      3,
      routines.map((_, i) => unsigned(i)),
    ),
    ...section(
      7,
      routines.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)]),
    ),
    ...section(10, code),
  ]);
}
