const TWO_32 = 2 ** 32;

/**
 * Hashes of 53 bits, as whole numbers in a double, made of two lanes of 32 (the mixing steps of MurmurHash3). Two different
 * things with one hash are as good as impossible by chance; made on purpose they spoil no more than a comparison.
 */
export class Hash {
  #a = 0;
  #b = 0;

  start(seed: number): this {
    this.#a = seed | 0;
    this.#b = Math.imul(seed, 0x9e3779b1);
    return this;
  }

  /** 32 bits. */
  int(value: number): this {
    let a = this.#a ^ Math.imul(value, 0xcc9e2d51);
    a = (a << 13) | (a >>> 19);
    this.#a = (Math.imul(a, 5) + 0xe6546b64) | 0;
    let b = this.#b ^ Math.imul(value, 0x1b873593) ^ this.#a;
    b = (b << 15) | (b >>> 17);
    this.#b = (Math.imul(b, 5) + 0x561ccd1b) | 0;
    return this;
  }

  /** A hash made before. */
  hash(value: number): this {
    return this.int(value % TWO_32).int(Math.floor(value / TWO_32));
  }

  text(text: string): this {
    for (let i = 0; i < text.length; i++) this.int(text.charCodeAt(i));
    return this.int(text.length);
  }

  get value(): number {
    let a = this.#a;
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b);
    a ^= a >>> 13;
    let b = this.#b ^ a;
    b = Math.imul(b ^ (b >>> 16), 0xc2b2ae35);
    b ^= b >>> 15;
    return (a >>> 0) + (b & 0x1fffff) * TWO_32;
  }
}
