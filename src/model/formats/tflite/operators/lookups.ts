import type { Attribute } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { constantTensor, tensorFromNumbers } from "../../../tensor/index.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import type { Build } from "../convert/build.ts";
import { type Op, operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import type { Operator, TfliteTensor } from "../file/model.ts";
import type { OptionsOf } from "../schema/options.ts";

/** Domain and version of LabelEncoder: the last one whose tables are attributes. */
const DOMAIN = "ai.onnx.ml";
const VERSION = 3;

/** What a table is known by, over all subgraphs. */
export function tableOf({ options }: Operator): string {
  return `table ${(options as OptionsOf<"HASHTABLE">).table_id}`;
}

/** Keeps what a table holds. Of keys that are there twice, the first counts. @throws Refusal */
export async function fillTable(build: Build, { inputs }: Operator): Promise<void> {
  const [handle, keys, values] = inputs;
  if (!handle || !keys || !values) throw refuse("an input is left out");
  const name = build.handle(handle);
  if (build.context.tables.has(name)) return;
  const held = new Map<string | number | bigint, string | number | bigint>();
  const [from, to] = [await contentOf(build, keys), await contentOf(build, values)];
  if (from.data.length !== to.data.length)
    throw refuse("a table has more keys or more values than the other");
  for (const [i, key] of Array.from<string | number | bigint>(from.data).entries())
    if (!held.has(key)) held.set(key, to.data[i] as string | number | bigint);
  build.context.tables.set(name, { keys: from.dtype, values: to.dtype, held });
}

async function contentOf(build: Build, tensor: TfliteTensor): Promise<Tensor> {
  const constant = build.constantOf(tensor);
  if (!constant || constant.decode) throw refuse("what its table holds is computed");
  return constant.content.read(build.context.signal);
}

function tableAt(op: Op, build: Build) {
  const table = build.context.tables.get(build.handle(op.input(0)));
  if (!table) throw refuse("nothing fills its table before the first run");
  return table;
}

/** Attributes of LabelEncoder by the element type: the list, what it makes of elements, and what one that is not there becomes. */
const KINDS: ReadonlyMap<
  string,
  { readonly name: string; list(of: readonly unknown[]): Attribute; one(of: unknown): Attribute }
> = new Map([
  [
    "string",
    {
      name: "string",
      list: (of) => ({ kind: "strings", value: of.map((each) => new TextEncoder().encode(String(each))) }),
      one: (of) => attribute.string(String(of)),
    },
  ],
  [
    "int64",
    {
      name: "int64",
      list: (of) => attribute.ints(of as readonly bigint[]),
      one: (of) => attribute.int(of as bigint),
    },
  ],
  [
    "float32",
    {
      name: "float",
      list: (of) => attribute.floats(of as readonly number[]),
      one: (of) => attribute.float(of as number),
    },
  ],
]);

/** Tables from keys to values, which are filled before the first run. */
export const LOOKUPS = [
  operator("HASHTABLE", (op, build) => build.setHandle(op.output(0), tableOf(op.operator))),

  operator("HASHTABLE_FIND", async (op, build) => {
    const { keys, values, held } = tableAt(op, build);
    const [from, to] = [KINDS.get(keys), KINDS.get(values)];
    if (!from || !to) throw refuse(`its table leads from ${keys} to ${values}`);
    const { data } = await contentOf(build, op.input(2));
    const found = build.node(
      "LabelEncoder",
      [build.stored(op.input(1))],
      {
        [`keys_${from.name}s`]: from.list([...held.keys()]),
        [`values_${to.name}s`]: to.list([...held.values()]),
        [`default_${to.name}`]: to.one(data[0]),
      },
      DOMAIN,
    );
    build.context.opsets.set(DOMAIN, VERSION);
    build.setStored(op.output(0), found);
  }),

  operator("HASHTABLE_SIZE", (op, build) => {
    const { held } = tableAt(op, build);
    const content = constantTensor(tensorFromNumbers("int64", [1], [held.size]), "size");
    build.setConstant(op.output(0), { content, decode: null });
  }),
];
