import { ARRAYS, byteLengthOf, elementCount } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import {
  type BlockScheme,
  type Blocks,
  createBlocks,
  createRanges,
  createScales,
  hasFloatZeros,
  wordsOfBlock,
} from "./blocks.ts";
import { quantizeColumns } from "./columns.ts";
import { floatRuns } from "./floats.ts";
import { quantizeRows } from "./rows.ts";

/** A matrix of weights that is multiplied from the right: K elements for each of N answers. */
export interface Matrix {
  readonly content: LazyTensor;
  readonly k: number;
  readonly n: number;
  /** Whether it lies as [N, K], the elements of an answer together, and not as [K, N]. */
  readonly isTransposed: boolean;
}

/** What takes the place of a matrix, for the answers from one to another: as MatMulNBits has it. */
interface Part {
  readonly codes: Uint8Array;
  readonly scales: Uint8Array;
  readonly zeros: Uint8Array;
}

/** Of a larger one not all is in memory at once: a matrix of [K, N] is then read once for each so many bytes of codes. */
const MAX_PART = 24 * 1024 * 1024;

/** The three tensors of one matrix are asked for one after the other: what was worked out last is kept for the next. */
export interface Workplace {
  held: Held | null;
}

interface Held {
  readonly matrix: Matrix;
  readonly part: Promise<Part>;
  /** What it was, once it is made. */
  made: Part | null;
  /** Readers that are at it. */
  users: number;
  /** Whether a reader may have kept pieces of it. */
  isKept: boolean;
}

/** The memory of what was worked out last, if nobody needs that any more: new memory costs as much as what is then written to it. */
function spareOf({ held }: Workplace): Part | null {
  return held && held.users === 0 && !held.isKept ? held.made : null;
}

export interface PackedMatrix {
  /** uint8, [N, blocks, bytes of a block]. */
  readonly codes: LazyTensor;
  /** float32, [N, blocks]. */
  readonly scales: LazyTensor;
  /** uint8, [N, bytes], or float32, [N, blocks]; null where every one is the middle, which needs not be said. */
  readonly zeros: LazyTensor | null;
  /**
   * float32, [N, blocks]: of zero points that are floats, what an element of a block is more than it would be if the middle were its
   * zero point; null of others.
   */
  readonly shifts: LazyTensor | null;
}

/** A matrix in blocks, worked out when it is read. Every element must be finite. */
export function packMatrix(matrix: Matrix, scheme: BlockScheme, workplace: Workplace): PackedMatrix {
  const { n } = matrix;
  const blocks = Math.ceil(matrix.k / scheme.size);
  const make = (...of: [dtype: "uint8" | "float32", shape: readonly number[], pick: Pick]) =>
    partsTensor(matrix, scheme, workplace, ...of);
  const isFloat = hasFloatZeros(scheme);
  const zeros = isFloat ? blocks : bytesOfZeros(blocks, scheme);
  return {
    codes: make("uint8", [n, blocks, 4 * wordsOfBlock(scheme)], ({ codes }) => codes),
    scales: make("float32", [n, blocks], ({ scales }) => scales),
    zeros: scheme.symmetric ? null : make(isFloat ? "float32" : "uint8", [n, zeros], (part) => part.zeros),
    shifts: isFloat ? make("float32", [n, blocks], (part) => shiftsOf(part, scheme)) : null,
  };
}

type Pick = (part: Part) => Uint8Array;

/** (q − z) · s is (q − 8) · s, and (8 − z) · s more. */
function shiftsOf({ scales, zeros }: Part, { bits }: BlockScheme): Uint8Array {
  const shifts = new Float32Array(scales.slice().buffer);
  const places = new Float32Array(zeros.buffer);
  const middle = 2 ** (bits - 1);
  for (let i = 0; i < shifts.length; i++)
    shifts[i] = (middle - (places[i] as number)) * (shifts[i] as number);
  return new Uint8Array(shifts.buffer);
}

function partsTensor(
  matrix: Matrix,
  scheme: BlockScheme,
  workplace: Workplace,
  dtype: "uint8" | "float32",
  shape: readonly number[],
  pick: Pick,
): LazyTensor {
  const { name } = matrix.content;
  const bytes = byteLengthOf(dtype, elementCount(shape, name));
  const stream: LazyTensor["stream"] = async function* (chunk = MAX_PART, signal, reuse = false) {
    for await (const part of partsOf(matrix, scheme, workplace, signal, reuse)) {
      const all = pick(part);
      for (let at = 0; at < all.byteLength; at += chunk) yield all.subarray(at, at + chunk);
    }
  };
  return {
    name: "",
    dtype,
    shape,
    byteLength: bytes,
    origin: { derived: `${name} in ${scheme.bits} bits` },
    stream,
    async read(signal) {
      const whole = new Uint8Array(bytes);
      let at = 0;
      for await (const piece of stream(MAX_PART, signal, true)) {
        whole.set(piece, at);
        at += piece.byteLength;
      }
      return { dtype, shape, data: new ARRAYS[dtype](whole.buffer) };
    },
  };
}

/** Of the zero points of one answer. */
function bytesOfZeros(blocks: number, scheme: BlockScheme): number {
  return hasFloatZeros(scheme) ? 4 * blocks : Math.ceil((blocks * scheme.bits) / 8);
}

async function* partsOf(
  matrix: Matrix,
  scheme: BlockScheme,
  workplace: Workplace,
  signal: AbortSignal | undefined,
  reuse: boolean,
): AsyncGenerator<Part> {
  const { n } = matrix;
  const blocks = Math.ceil(matrix.k / scheme.size);
  const most = Math.max(
    1,
    Math.floor(MAX_PART / (blocks * (4 * wordsOfBlock(scheme) + 4) + bytesOfZeros(blocks, scheme))),
  );
  if (n <= most) {
    if (workplace.held?.matrix !== matrix) workplace.held = hold(matrix, scheme, spareOf(workplace), signal);
    const { held } = workplace;
    held.users++;
    if (!reuse) held.isKept = true;
    try {
      yield await held.part;
    } catch (error) {
      // What failed or was given up says nothing about the next time.
      if (workplace.held === held) workplace.held = null;
      throw error;
    } finally {
      held.users--;
    }
  } else if (matrix.isTransposed) yield* rowParts(matrix, scheme, most, signal);
  else
    for (let from = 0; from < n; from += most)
      yield await columnPart(matrix, scheme, from, Math.min(most, n - from), signal);
}

function hold(
  matrix: Matrix,
  scheme: BlockScheme,
  spare: Part | null,
  signal: AbortSignal | undefined,
): Held {
  const part = only(matrix, scheme, spare, signal);
  const held: Held = { matrix, part, made: null, users: 0, isKept: false };
  part.then(
    (made) => {
      held.made = made;
    },
    // Whoever asked for it hears of it.
    () => {},
  );
  return held;
}

async function only(
  matrix: Matrix,
  scheme: BlockScheme,
  spare: Part | null,
  signal: AbortSignal | undefined,
): Promise<Part> {
  const { n } = matrix;
  if (!matrix.isTransposed) return columnPart(matrix, scheme, 0, n, signal, spare);
  for await (const part of rowParts(matrix, scheme, n, signal, spare)) return part;
  return createPart(0, 0, scheme);
}

/** Some columns of a matrix that lies as [K, N], which is read from its beginning to its end. */
async function columnPart(
  { content, k, n }: Matrix,
  scheme: BlockScheme,
  from: number,
  count: number,
  signal: AbortSignal | undefined,
  spare: Part | null = null,
): Promise<Part> {
  const each = Math.ceil(k / scheme.size);
  const part = createPart(count, each, scheme, spare);
  const columns = {
    codes: new Uint32Array(part.codes.buffer),
    scales: new Float32Array(part.scales.buffer),
    each,
    keep: zeroKeeper(part, scheme, each),
    found: createScales(count),
    ranges: createRanges(count),
  };
  const slab = n * scheme.size;
  const most = slab * Math.max(1, Math.min(TOGETHER, Math.floor(MAX_SLAB / 4 / slab)));
  let block = 0;
  for await (const elements of floatRuns(content, slab, signal, most)) {
    const rows = elements.length / n;
    quantizeColumns({ elements, rows, columns: n, from }, scheme, columns, block);
    block += Math.ceil(rows / scheme.size);
  }
  return part;
}

/**
 * Blocks of a column that are put in their places together: the columns lie far from each other there, and each visit costs
 * as much as two lines of the cache, which hold eight blocks of 4 bits.
 */
const TOGETHER = 8;

/** Two of them are in memory, one of which is being read. */
const MAX_SLAB = 4 * 1024 * 1024;

/** A matrix that lies as [N, K], some rows after the others. */
async function* rowParts(
  { content, k }: Matrix,
  scheme: BlockScheme,
  most: number,
  signal: AbortSignal | undefined,
  spare: Part | null = null,
): AsyncGenerator<Part> {
  const each = Math.ceil(k / scheme.size);
  let part: Part | null = null;
  let taken = 0;
  let left = elementCount(content.shape, content.name) / k;
  for await (const run of floatRuns(content, k, signal)) {
    for (let at = 0; at < run.length; ) {
      part ??= createPart(Math.min(most, left), each, scheme, spare);
      const room = part.scales.byteLength / (4 * each) - taken;
      const rows = Math.min(room, (run.length - at) / k);
      const blocks = createBlocks(rows * each, scheme);
      const elements = run.subarray(at, at + rows * k);
      quantizeRows(elements, k, scheme, blocks, createRanges(rows * each));
      keepRows(blocks, part, scheme, each, taken);
      at += rows * k;
      taken += rows;
      left -= rows;
      if (rows < room) continue;
      yield part;
      part = null;
      taken = 0;
    }
  }
}

/** @param spare what is used in place of new memory, where it is of the same lengths */
function createPart(n: number, blocks: number, scheme: BlockScheme, spare: Part | null = null): Part {
  const codes = n * blocks * 4 * wordsOfBlock(scheme);
  const scales = n * blocks * 4;
  const zeros = scheme.symmetric ? 0 : n * bytesOfZeros(blocks, scheme);
  const fits = (each: Uint8Array, bytes: number) => each.byteLength === bytes;
  if (spare && fits(spare.codes, codes) && fits(spare.scales, scales) && fits(spare.zeros, zeros)) {
    // Zero points share bytes with their neighbours, and are added to what is there; the others are written over.
    spare.zeros.fill(0);
    return spare;
  }
  return { codes: new Uint8Array(codes), scales: new Uint8Array(scales), zeros: new Uint8Array(zeros) };
}

/** All blocks of some rows. */
function keepRows(blocks: Blocks, part: Part, scheme: BlockScheme, each: number, first: number): void {
  const perBlock = wordsOfBlock(scheme);
  new Uint32Array(part.codes.buffer).set(blocks.words, first * each * perBlock);
  new Float32Array(part.scales.buffer).set(blocks.scales, first * each);
  const keep = zeroKeeper(part, scheme, each);
  if (!keep) return;
  for (let i = 0; i < blocks.zeros.length; i++)
    keep(blocks.zeros[i] as number, first + Math.floor(i / each), i % each);
}

/** The zero point of a block that is not there: what would make it symmetric. */
const UNUSED = 8;

/** Puts the zero point of a block of a row in its place; null where there are none. */
function zeroKeeper(
  { zeros }: Part,
  scheme: BlockScheme,
  each: number,
): ((zero: number, row: number, block: number) => void) | null {
  if (scheme.symmetric) return null;
  if (hasFloatZeros(scheme)) {
    const floats = new Float32Array(zeros.buffer);
    return (zero, row, block) => {
      floats[row * each + block] = zero;
    };
  }
  const { bits } = scheme;
  const perByte = 8 / bits;
  const bytes = bytesOfZeros(each, scheme);
  return (zero, row, block) => {
    const at = row * bytes + Math.floor(block / perByte);
    const pair = perByte === 2 && block === each - 1 && block % 2 === 0 ? UNUSED << 4 : 0;
    zeros[at] = (zeros[at] as number) | (zero << ((block % perByte) * bits)) | pair;
  };
}
