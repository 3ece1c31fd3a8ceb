/** Which part of a model one device computes. */
export interface Share {
  /** As in `--device`. */
  readonly device: string;
  readonly nodes: number;
  /** Those of them that compute values, and do not only move, cut or rename them. */
  readonly computing: number;
  /** How many nodes of each operator. */
  readonly operators: Readonly<Record<string, number>>;
  /** Of the nodes, as the runtime calls them. */
  readonly names: readonly string[];
}

/** What ran where, node by node of the graph as the runtime has rearranged it; the device with the most nodes first. */
export interface Placement {
  readonly nodes: number;
  readonly computing: number;
  readonly shares: readonly Share[];
}

/** A node that ran. */
export interface Placed {
  readonly device: string;
  readonly operator: string;
  readonly name: string;
}

/**
 * Operators that move, cut, join, rename or describe values. A model of which a device runs these alone is not computed there.
 * The last three are the runtime's own: copies between devices, and another layout.
 */
const MOVING = new Set([
  ...["Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Shape", "Size", "Constant"],
  ...["Concat", "Split", "Slice", "Gather", "Expand", "Pad", "Tile", "Cast", "ConstantOfShape", "Range"],
  ...["MemcpyToHost", "MemcpyFromHost", "ReorderInput", "ReorderOutput"],
]);

export function isComputing(operator: string): boolean {
  return !MOVING.has(operator);
}

export function placementOf(placed: Iterable<Placed>): Placement {
  const byDevice = new Map<string, { readonly counts: Map<string, number>; readonly names: string[] }>();
  for (const { device, operator, name } of placed) {
    const { counts, names } = byDevice.get(device) ?? { counts: new Map<string, number>(), names: [] };
    counts.set(operator, (counts.get(operator) ?? 0) + 1);
    names.push(name);
    byDevice.set(device, { counts, names });
  }
  const shares = [...byDevice].map(([device, { counts, names }]): Share => {
    const sorted = [...counts].sort((a, b) => b[1] - a[1]);
    return {
      device,
      nodes: total(sorted),
      computing: total(sorted.filter(([operator]) => isComputing(operator))),
      operators: Object.fromEntries(sorted),
      names,
    };
  });
  shares.sort((a, b) => b.nodes - a.nodes);
  const sum = (key: "nodes" | "computing") => shares.reduce((all, share) => all + share[key], 0);
  return { nodes: sum("nodes"), computing: sum("computing"), shares };
}

const total = (counts: readonly (readonly [string, number])[]) =>
  counts.reduce((sum, [, count]) => sum + count, 0);

/**
 * Whether a device computes any of a model. Where nothing is computed, moving counts.
 * @param placement null where it is not known: then nothing speaks against it
 */
export function isUsed(device: string, placement: Placement | null): boolean {
  if (placement === null || placement.nodes === 0) return true;
  const { computing, shares } = placement;
  const share = shares.find((each) => each.device === device);
  return ((computing === 0 ? share?.nodes : share?.computing) ?? 0) > 0;
}

/** Kinds of operators that a sentence names. */
const MAX_NAMED = 6;

/** "webgpu 41 of 60 nodes, cpu 19 (LSTM 2, Shape 17)". */
export function placementText({ nodes, shares }: Placement): string {
  return shares
    .map(({ device, nodes: own, operators }, i) => {
      const kinds = Object.entries(operators);
      const named = kinds.slice(0, MAX_NAMED).map(([operator, count]) => `${operator} ${count}`);
      if (kinds.length > MAX_NAMED) named.push("…");
      return i === 0 ? `${device} ${own} of ${nodes} nodes` : `${device} ${own} (${named.join(", ")})`;
    })
    .join(", ");
}
