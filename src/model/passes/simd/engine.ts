import { type Routines, routines } from "./routines.ts";

/** Loops over vectors, and the memory that they work in: what is looked at is copied there, and what they leave from there. */
export interface Engine extends Routines {
  readonly bytes: Int8Array;
  readonly floats: Float32Array;
  readonly words: Uint32Array;
}

/** What is worked on at a time, with what comes of it, stays in a processor's own cache. */
export const MEMORY = 2 * 1024 * 1024;
const PAGE = 64 * 1024;

/** The little of WebAssembly that is used: types of it come with those of a browser or not at all. */
interface Assembly {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  validate(bytes: Uint8Array): boolean;
}

let made: Engine | null | undefined;

/**
 * The engine, whose memory is anybody's who does not wait in between. null where there is none: then loops in JavaScript, which say what
 * these do, take several times as long.
 */
export function engine(): Engine | null {
  if (made === undefined) made = create();
  return made;
}

function create(): Engine | null {
  const { WebAssembly: assembly } = globalThis as { readonly WebAssembly?: Assembly };
  const module = assembly && compiled(assembly);
  if (!module) return null;
  const memory = new assembly.Memory({ initial: MEMORY / PAGE, maximum: MEMORY / PAGE });
  const { exports } = new assembly.Instance(module, { of: { memory } });
  const { buffer } = memory;
  return {
    ...(exports as Routines),
    bytes: new Int8Array(buffer),
    floats: new Float32Array(buffer),
    words: new Uint32Array(buffer),
  };
}

/** null without vectors, and on a page whose policy allows no code but what it came with (Content-Security-Policy, script-src). */
function compiled(assembly: Assembly): object | null {
  const bytes = routines();
  try {
    return assembly.validate(bytes) ? new assembly.Module(bytes) : null;
  } catch {
    return null;
  }
}
