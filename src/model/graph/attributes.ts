import type { Attribute, Node } from "./graph.ts";

/** Of every node that has none: a map for each would be a fifth of what a million nodes take. */
export const NO_ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map();

/** Up to so many a list is searched as fast as a map, of which it takes a third of the memory. */
const FEW = 12;

/** The attributes of a node that has few, as nearly all have: names and attributes in turn. */
class Few implements ReadonlyMap<string, Attribute> {
  #items: (string | Attribute)[];

  constructor(items: (string | Attribute)[]) {
    this.#items = items;
  }

  get size(): number {
    return this.#items.length / 2;
  }

  #placeOf(name: string): number {
    const items = this.#items;
    for (let i = 0; i < items.length; i += 2) if (items[i] === name) return i;
    return -1;
  }

  get(name: string): Attribute | undefined {
    const at = this.#placeOf(name);
    return at < 0 ? undefined : (this.#items[at + 1] as Attribute);
  }

  has(name: string): boolean {
    return this.#placeOf(name) >= 0;
  }

  set(name: string, attribute: Attribute): void {
    const at = this.#placeOf(name);
    const [first, second] = this.#items;
    if (at >= 0) this.#items[at + 1] = attribute;
    // As long as it is: what `push` fills has room for sixteen more.
    else if (this.#items.length === 2) this.#items = [first as string, second as Attribute, name, attribute];
    else this.#items.push(name, attribute);
  }

  delete(name: string): void {
    const at = this.#placeOf(name);
    if (at >= 0) this.#items.splice(at, 2);
  }

  keys(): MapIterator<string> {
    return walk(this.#items, nameAt);
  }

  values(): MapIterator<Attribute> {
    return walk(this.#items, attributeAt);
  }

  entries(): MapIterator<[string, Attribute]> {
    return walk(this.#items, entryAt);
  }

  [Symbol.iterator](): MapIterator<[string, Attribute]> {
    return this.entries();
  }

  forEach(
    see: (attribute: Attribute, name: string, all: ReadonlyMap<string, Attribute>) => void,
    by?: unknown,
  ): void {
    for (const [name, attribute] of this) see.call(by, attribute, name, this);
  }
}

type Items = readonly (string | Attribute)[];

const nameAt = (items: Items, at: number) => items[at] as string;
const attributeAt = (items: Items, at: number) => items[at + 1] as Attribute;
const entryAt = (items: Items, at: number): [string, Attribute] => [
  nameAt(items, at),
  attributeAt(items, at),
];

/**
 * Goes through such a list. It is its own result, for whoever asks for the next one only when he is done with the last, as loops do:
 * the attributes of a million nodes are gone through a dozen times, and nothing else is made for it.
 */
class Walk<T> implements IterableIterator<T, undefined> {
  value: T | undefined = undefined;
  done = false;
  readonly #items: Items;
  readonly #take: (items: Items, at: number) => T;
  #at = 0;

  constructor(items: Items, take: (items: Items, at: number) => T) {
    this.#items = items;
    this.#take = take;
  }

  next(): IteratorResult<T, undefined> {
    this.done = this.#at >= this.#items.length;
    this.value = this.done ? undefined : this.#take(this.#items, this.#at);
    this.#at += 2;
    return this as IteratorResult<T, undefined>;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** Nobody disposes of the iterator of a map, which is all that this one lacks. */
function walk<T>(items: Items, take: (items: Items, at: number) => T): MapIterator<T> {
  return new Walk(items, take) as IterableIterator<T, undefined> as MapIterator<T>;
}

/** Attributes of their own for a node. */
export function attributesOf(
  given: ReadonlyMap<string, Attribute> | Readonly<Record<string, Attribute>>,
): ReadonlyMap<string, Attribute> {
  const entries = isMap(given) ? [...given] : Object.entries(given);
  if (entries.length === 0) return NO_ATTRIBUTES;
  return entries.length > FEW ? new Map(entries) : new Few(entries.flat());
}

function isMap(
  given: ReadonlyMap<string, Attribute> | Readonly<Record<string, Attribute>>,
): given is ReadonlyMap<string, Attribute> {
  return given instanceof Map || given instanceof Few;
}

/** Gives a node an attribute, in place of one of the same name. */
export function setAttribute(node: Node, name: string, attribute: Attribute): void {
  const { attributes } = node;
  if (attributes.size === 0) node.attributes = new Few([name, attribute]);
  else if (attributes instanceof Few && attributes.size < FEW) attributes.set(name, attribute);
  else {
    if (!(attributes instanceof Map)) node.attributes = new Map(attributes);
    (node.attributes as Map<string, Attribute>).set(name, attribute);
  }
}

/** Takes an attribute from a node; nothing where it has none of that name. */
export function removeAttribute(node: Node, name: string): void {
  if (node.attributes.has(name)) (node.attributes as Few | Map<string, Attribute>).delete(name);
}
