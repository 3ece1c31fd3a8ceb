import { fail } from "../../../base/errors/index.ts";
import type { ModelFile, Serving } from "../contract.ts";
import type { TextMessage, TextValue } from "./parse.ts";

/** What config.pbtxt is taken over into. */
interface Import {
  readonly where: string;
  readonly file: ModelFile;
  readonly serving: Serving;
}

type Field = (value: TextValue, into: Import) => void;

/** Fields of model_config.proto that may come several times; of any other, protobuf refuses the second. */
const REPEATED: ReadonlySet<string> = new Set([
  "input",
  "output",
  "dims",
  "instance_group",
  "preferred_batch_size",
  "control_input",
  "state",
  "initial_state",
  "parameters",
]);

/**
 * Takes over what a config.pbtxt of Triton (model_config.proto) says of how a model is to be served.
 * @throws CONTRACT_PBTXT_UNSUPPORTED for what is asked and cannot be given, with the reason and the line
 * @throws CONTRACT_PBTXT for a field that is given twice
 */
export function importConfigPbtxt(config: TextMessage, where: string): ModelFile {
  const into: Import = { where, file: {}, serving: {} };
  readFields(config, FIELDS, "", into);
  if (Object.keys(into.serving).length > 0) into.file.serving = into.serving;
  return into.file;
}

function readFields(
  message: TextMessage,
  fields: Readonly<Record<string, Field>>,
  path: string,
  into: Import,
): void {
  for (const [name, values] of message) {
    const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
    for (const value of values) {
      if (!read) throw unsupported(`${path}${name}`, "that is not supported yet", value, into);
      read(value, into);
    }
    const second = REPEATED.has(name) ? undefined : values[1];
    if (second) {
      const problem = `${path}${name} is given twice`;
      throw fail("CONTRACT_PBTXT", { problem }, { where: `${into.where}:${second.line}` });
    }
  }
}

function unsupported(field: string, reason: string, { line }: TextValue, { where }: Import): Error {
  return fail("CONTRACT_PBTXT_UNSUPPORTED", { field, reason }, { where: `${where}:${line}` });
}

/** Says nothing that would have to be done. */
const taken: Field = () => undefined;

function text(field: string, use: (text: string, into: Import) => void): Field {
  return (value, into) => {
    if (value.kind !== "text" && value.kind !== "word")
      throw unsupported(field, "a text belongs here", value, into);
    use(value.value, into);
  };
}

function number(
  field: string,
  least: number,
  most: number,
  use: (value: number, into: Import) => void,
): Field {
  return (value, into) => {
    const fits =
      value.kind === "number" && Number.isInteger(value.value) && value.value >= least && value.value <= most;
    if (!fits) throw unsupported(field, `a whole number from ${least} to ${most} belongs here`, value, into);
    use(value.value, into);
  };
}

/** Only these words; anything else is refused. */
function only(field: string, words: readonly string[], reason: string): Field {
  return (value, into) => {
    const word = value.kind === "message" ? "" : String(value.value);
    if (!words.includes(word)) throw unsupported(`${field} ${word}`.trim(), reason, value, into);
  };
}

function message(path: string, fields: Readonly<Record<string, Field>>): Field {
  return (value, into) => {
    if (value.kind !== "message") throw unsupported(path, "a message in { } belongs here", value, into);
    readFields(value.value, fields, `${path}.`, into);
  };
}

function refused(field: string, reason: string): Field {
  return (value, into) => {
    throw unsupported(field, reason, value, into);
  };
}

/** A name, a type and a shape: the model says them itself. */
const TENSOR: Readonly<Record<string, Field>> = {
  name: taken,
  data_type: taken,
  dims: taken,
  format: only("input.format", ["FORMAT_NONE", "FORMAT_NCHW", "FORMAT_NHWC"], "it is no format of pictures"),
  is_shape_tensor: only("input.is_shape_tensor", ["false"], "shape tensors belong to TensorRT"),
  is_non_linear_format_io: only("input.is_non_linear_format_io", ["false"], "that belongs to TensorRT"),
  allow_ragged_batch: only(
    "input.allow_ragged_batch",
    ["false"],
    "rows of different lengths cannot be batched yet",
  ),
  optional: only("input.optional", ["false"], "every input must be given"),
  reshape: refused("reshape", "tensors are taken in the model's own shapes"),
};

/** label_filename belongs to the output whose name stands beside it. */
const readOutput: Field = (value, into) => {
  if (value.kind !== "message") throw unsupported("output", "a message in { } belongs here", value, into);
  const name = value.value.get("name")?.[0];
  const labels = value.value.get("label_filename")?.[0];
  readFields(value.value, { ...TENSOR, label_filename: taken }, "output.", into);
  if (name?.kind !== "text" || labels?.kind !== "text" || labels.value === "") return;
  into.file.outputs = {
    ...into.file.outputs,
    classes: { kind: "scores", tensor: name.value, labels: labels.value },
  };
};

const readState: Field = (value, into) => {
  const names = { input_name: "", output_name: "" };
  const nameOf = (key: keyof typeof names) =>
    text(key, (name) => {
      names[key] = name;
    });
  const state = {
    input_name: nameOf("input_name"),
    output_name: nameOf("output_name"),
    data_type: taken,
    dims: taken,
    initial_state: message("sequence_batching.state.initial_state", {
      data_type: taken,
      dims: taken,
      name: taken,
      zero_data: only("initial_state.zero_data", ["true"], "states begin at zero"),
      data_file: refused("initial_state.data_file", "states begin at zero"),
    }),
  };
  message("sequence_batching.state", state)(value, into);
  into.file.states = {
    ...into.file.states,
    [names.input_name]: { input: names.input_name, output: names.output_name, start: "zero" },
  };
};

const FIELDS: Readonly<Record<string, Field>> = {
  name: text("name", (name, { file }) => {
    file.name = name;
  }),
  platform: only("platform", ["onnxruntime_onnx", ""], "only onnxruntime_onnx is run here"),
  backend: only("backend", ["onnxruntime", ""], "only onnxruntime is run here"),
  runtime: only("runtime", [""], "the runtime cannot be chosen"),
  default_model_filename: only(
    "default_model_filename",
    ["model.onnx", ""],
    "the model file is found by its extension",
  ),
  max_batch_size: number("max_batch_size", 0, 65_536, (size, { serving }) => {
    serving.max_batch = size;
  }),
  input: message("input", TENSOR),
  output: readOutput,
  instance_group: message("instance_group", {
    name: taken,
    count: number("instance_group.count", 1, 256, (count, { serving }) => {
      serving.instances = (serving.instances ?? 0) + count;
    }),
    kind: only(
      "instance_group.kind",
      ["KIND_CPU", "KIND_AUTO", "KIND_MODEL"],
      "a graphics processor is named by --device, or in model.yaml by `serving: { device: … }`",
    ),
    passive: only("instance_group.passive", ["false"], "every instance answers"),
  }),
  dynamic_batching: message("dynamic_batching", {
    // Whatever waits is one batch: there is no delay to set and no size to prefer.
    preferred_batch_size: taken,
    max_queue_delay_microseconds: taken,
    preserve_ordering: taken,
  }),
  sequence_batching: message("sequence_batching", {
    control_input: refused(
      "sequence_batching.control_input",
      "inputs that tell a model where a sequence starts and ends are not fed yet",
    ),
    max_sequence_idle_microseconds: taken,
    direct: taken,
    oldest: taken,
    state: readState,
  }),
  ensemble_scheduling: refused(
    "ensemble_scheduling",
    "what chains models is a pipeline.yaml: `docs/modules.md`",
  ),
  version_policy: message("version_policy", {
    all: taken,
    latest: refused(
      "version_policy.latest",
      "every version folder is served: remove those that are not wanted",
    ),
    specific: refused(
      "version_policy.specific",
      "every version folder is served: remove those that are not wanted",
    ),
  }),
  model_transaction_policy: message("model_transaction_policy", {
    decoupled: only("model_transaction_policy.decoupled", ["false"], "each request has one answer"),
  }),
  parameters: refused("parameters", "they are the backend's own: set `serving:` in model.yaml"),
};
