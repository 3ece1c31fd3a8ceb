import { isIPv6 } from "node:net";

/** Wrong keys in a row that an address may send: a person who pastes the wrong line a few times. */
const AT_ONCE = 10;
/** Milliseconds after which it may send one more. */
const EACH_MS = 6_000;
/** Addresses that are remembered, a megabyte; of more, whoever was wrong longest ago is forgotten. */
const MAX_ADDRESSES = 10_000;

interface Bucket {
  /** Wrong keys that it may still send, at `at`. */
  left: number;
  /** Milliseconds of the clock. */
  at: number;
}

/** Counts wrong keys by address: a bucket of ten, which fills by ten a minute. */
export class Guesses {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Milliseconds until this address may send another; 0 for at once. */
  waitMs(address: string): number {
    const bucket = this.#buckets.get(networkOf(address));
    if (!bucket) return 0;
    const left = this.#leftIn(bucket);
    return left >= 1 ? 0 : Math.ceil((1 - left) * EACH_MS);
  }

  /** @returns whether this wrong key was the last one that the address may send for now */
  wrong(address: string): boolean {
    const network = networkOf(address);
    const bucket = this.#buckets.get(network);
    const left = Math.max(0, (bucket ? this.#leftIn(bucket) : AT_ONCE) - 1);
    // Taken out and put in again, it is the newest in the order of a Map.
    this.#buckets.delete(network);
    this.#buckets.set(network, { left, at: this.#now() });
    if (this.#buckets.size > MAX_ADDRESSES) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    return left < 1;
  }

  #leftIn({ left, at }: Bucket): number {
    return Math.min(AT_ONCE, left + (this.#now() - at) / EACH_MS);
  }
}

/** An IPv4 address; of IPv6 the first 64 bits, which is what one subscriber is given. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("%", 1)[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length);
  const all = [...groups, ...new Array<string>(zeros).fill("0"), ...rest];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
