import type { ByteSource } from "../../base/sources/source.ts";

/** Opens a file that belongs to the model; null where there is none of that name. */
export type Sibling = (name: string) => Promise<ByteSource | null>;
