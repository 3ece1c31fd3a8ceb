// What model.yaml says that the model, or the folder, contradicts: told with the file, the line and the key.
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Contract } from "../../src/model/contract/contract.ts";
import { readWords } from "../../src/run/pipeline/labels.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { TASKS } from "../../src/run/tasks/index.ts";
import { MNIST, modelsFolder, SEVEN } from "./models-folder.ts";

// It takes Input3 [1, 1, 28, 28] and gives Plus214_Output_0 [1, 10].
const GREY = { copy: MNIST };
// It takes x ["n", 24, 24, 3] and gives y ["n", 3].
const LAST = { copy: join(import.meta.dirname, "../fixtures/contract/bytes-last.onnx") };
const TEN = Array.from({ length: 10 }, (_, i) => `class ${i}\n`).join("");
const wav = `RIFF\0\0\0\0WAVEfmt ${"\0".repeat(40)}`;

type Case = [yaml: string, at: string, code: string, message: string, hint?: string];

const CASES: Case[] = [
  [
    "task: image-clasification",
    "1:7",
    "TASK_UNKNOWN",
    "There is no task image-clasification.",
    `Known tasks: ${TASKS.map(({ id }) => id).join(", ")}. Correct \`task\` in model.yaml.`,
  ],
  [
    "name: digits\ntask: text-classification",
    "2:7",
    "TASK_MISFIT",
    "The task text-classification does not fit this model: it takes no text.",
  ],
  [
    "inputs:\n  image:\n    kind: image\n    tensor: Input",
    "4:13",
    "CONTRACT_TENSOR_UNKNOWN",
    "inputs.image.tensor: the model has no input Input.",
    "Its inputs are: Input3.",
  ],
  [
    "outputs:\n  classes: { kind: scores, tensor: Input3 }",
    "2:36",
    "CONTRACT_TENSOR_UNKNOWN",
    "outputs.classes.tensor: the model has no output Input3.",
    "Its outputs are: Plus214_Output_0.",
  ],
  [
    "states:\n  h: { input: Input3, output: hn }",
    "2:31",
    "CONTRACT_TENSOR_UNKNOWN",
    "states.h.output: the model has no output hn.",
    "Its outputs are: Plus214_Output_0.",
  ],
  [
    "serving:\n  device: gpu",
    "2:11",
    "RUN_DEVICE_UNKNOWN",
    "There is no device gpu.",
    "Known devices: auto, cpu, cuda, coreml, directml, webgpu.",
  ],
  [
    "inputs:\n  image:\n    kind: image\n    size: [28, 32]",
    "4:16",
    "CONTRACT_MISFIT",
    "inputs.image.size[1] does not fit this model: the width is 32, and Input3 [1, 1, 28, 28] takes 28.",
    "Mend the line that is named, or leave the key out: what is left out is taken from the model.",
  ],
  [
    "inputs: { image: { kind: image, size: [null, 28] } }",
    "1:40",
    "CONTRACT_MISFIT",
    "inputs.image.size[0] does not fit this model: the height is any, and Input3 [1, 1, 28, 28] takes 28.",
  ],
  [
    "inputs:\n  image: { kind: image, color: RGB }",
    "2:32",
    "CONTRACT_MISFIT",
    "inputs.image.color does not fit this model: RGB has 3, and Input3 [1, 1, 28, 28] takes 1 in the layout NCHW: GRAY fits.",
  ],
  [
    "inputs:\n  image: { kind: image, layout: NHWC }",
    "2:33",
    "CONTRACT_MISFIT",
    "inputs.image.layout does not fit this model: NHWC has its channels where Input3 [1, 1, 28, 28] has 28: NCHW fits.",
  ],
  [
    "inputs:\n  image: { kind: image, layout: HWC }",
    "2:33",
    "CONTRACT_MISFIT",
    "inputs.image.layout does not fit this model: HWC has 3 dimensions, and Input3 is [1, 1, 28, 28]: NCHW fits.",
  ],
  [
    "inputs:\n  image:\n    kind: image\n    normalize: { mean: [0.485, 0.456, 0.406], std: [1] }",
    "4:24",
    "CONTRACT_MISFIT",
    "inputs.image.normalize.mean does not fit this model: it has 3 numbers, and GRAY has one channel.",
  ],
  [
    "inputs:\n  image:\n    kind: image\n    normalize:\n      std: [1, 2]",
    "5:12",
    "CONTRACT_MISFIT",
    "inputs.image.normalize.std does not fit this model: it has 2 numbers, and GRAY has one channel.",
  ],
  [
    "outputs:\n  classes:\n    kind: scores\n    labels: [zero, one]",
    "4:13",
    "CONTRACT_MISFIT",
    "outputs.classes.labels does not fit this model: there are 2, and Plus214_Output_0 [1, 10] has 10 classes.",
  ],
  [
    "outputs:\n  classes:\n    kind: scores\n    labels: eleven.txt",
    "4:13",
    "CONTRACT_MISFIT",
    "outputs.classes.labels does not fit this model: there are 11, and Plus214_Output_0 [1, 10] has 10 classes.",
  ],
  [
    "outputs:\n  classes:\n    kind: scores\n    labels: labels.text",
    "4:13",
    "MODEL_PART_MISSING",
    "outputs.classes.labels names the file labels.text, which is not beside the model.",
    "Put it beside the model or model.yaml, or correct the name. There: eleven.txt, labels.txt, model.onnx, model.yaml, seven.png, sound.wav.",
  ],
  [
    "outputs:\n  classes:\n    kind: scores\n    labels: ../../labels.txt",
    "4:13",
    "FILE_ESCAPES_FOLDER",
    "outputs.classes.labels names a file outside its own folder: ../../labels.txt.",
  ],
  [
    "outputs: { classes: { kind: scores, threshold: 50 } }",
    "1:48",
    "CONTRACT_MISFIT",
    "outputs.classes.threshold does not fit this model: 50 is not from 0 to 1, where scores are after softmax.",
  ],
  [
    "serving: { max_batch: -1 }",
    "1:23",
    "CONTRACT_YAML_KEY",
    "serving.max_batch: -1 is no whole number from 0 to 65536",
  ],
  [
    "name: digits\nexample: eight.png",
    "2:10",
    "MODEL_PART_MISSING",
    "example names the file eight.png, which is not beside the model.",
    "Put it beside the model or model.yaml, or correct the name. There: eleven.txt, labels.txt, model.onnx, model.yaml, seven.png, sound.wav.",
  ],
  [
    "example: sound.wav",
    "1:10",
    "CONTRACT_MISFIT",
    "example does not fit this model: sound.wav is a WAV sound, where the model takes a picture.",
  ],
  [
    "task: tensors\nexample: seven.png",
    "2:10",
    "CONTRACT_MISFIT",
    "example does not fit this model: seven.png is a PNG picture, where the model takes named tensors as JSON.",
  ],
  [
    "inputs:\n  words:\n    kind: text\n    tensors: { ids: Input3 }\n    tokenizer: { kind: wordpiece, vocabulary: vocab.txt }",
    "5:47",
    "MODEL_PART_MISSING",
    "inputs.words.tokenizer.vocabulary names the file vocab.txt, which is not beside the model.",
  ],
];

test.each(CASES)("%j", async (yaml, at, code, message, hint) => {
  const folder = modelsFolder({
    "digits/model.yaml": yaml,
    "digits/1/model.onnx": GREY,
    "digits/1/labels.txt": TEN,
    "digits/eleven.txt": `${TEN}more\n`,
    "digits/seven.png": { copy: SEVEN },
    "digits/1/sound.wav": wav,
    "labels.txt": TEN,
  });
  await expect(openSource(join(folder, "digits"))).rejects.toMatchObject({
    code,
    message,
    where: `${join(folder, "digits/model.yaml")}:${at}`,
    ...(hint === undefined ? {} : { hint }),
  });
});

test.each<Case>([
  [
    "inputs:\n  image:\n    kind: image\n    layout: NCHW",
    "4:13",
    "CONTRACT_MISFIT",
    "inputs.image.layout does not fit this model: NCHW has its channels where x [n, 24, 24, 3] has 24: NHWC fits.",
  ],
  [
    "inputs:\n  image: { kind: image, color: GRAY, layout: NHWC }",
    "2:32",
    "CONTRACT_MISFIT",
    "inputs.image.color does not fit this model: GRAY has 1, and x [n, 24, 24, 3] takes 3 in the layout NHWC: RGB or BGR fits.",
  ],
  [
    "inputs:\n  image: { kind: image, layout: NHW }",
    "2:33",
    "CONTRACT_MISFIT",
    "inputs.image.layout does not fit this model: NHW has 3 dimensions, and x is [n, 24, 24, 3]: NHWC fits.",
  ],
  [
    "inputs: { rows: { kind: table, columns: [a, b] } }",
    "1:41",
    "CONTRACT_MISFIT",
    "inputs.rows.columns does not fit this model: they are 2, and x [n, 24, 24, 3] takes 3.",
  ],
  [
    "inputs: { sound: { kind: audio, frame: 512, context: 64 } }",
    "1:40",
    "CONTRACT_MISFIT",
    "inputs.sound.frame does not fit this model: they are 512 + 64 of context, and x [n, 24, 24, 3] takes 3.",
  ],
  [
    "outputs: { text: { kind: ctc, dictionary: [a, b, c, d] } }",
    "1:43",
    "CONTRACT_MISFIT",
    "outputs.text.dictionary does not fit this model: there are 4, and y [n, 3] has 2 characters and the blank.",
  ],
  [
    "outputs: { mask: { kind: mask, layout: NCHW } }",
    "1:40",
    "CONTRACT_MISFIT",
    "outputs.mask.layout does not fit this model: NCHW has 4 dimensions, and y is [n, 3].",
  ],
])("channels last: %j", async (yaml, at, code, message) => {
  const folder = modelsFolder({ "model.yaml": yaml, "model.onnx": LAST });
  await expect(openSource(folder)).rejects.toMatchObject({
    code,
    message,
    where: `${join(folder, "model.yaml")}:${at}`,
  });
});

test("what fits is taken, and what nobody wrote is not blamed on the file", async () => {
  const folder = modelsFolder({
    "digits/model.yaml": `name: digits
example: seven.png
task: image-classification
inputs:
  image: { kind: image, size: [28, 28], layout: NCHW, color: GRAY, normalize: { mean: [0], std: [1] } }
outputs:
  classes: { kind: scores, activation: softmax, labels: labels.txt, threshold: 0 }
serving: { max_batch: 0, device: cpu }
`,
    "digits/seven.png": { copy: SEVEN },
    "digits/labels.txt": TEN,
    "digits/1/model.onnx": GREY,
    "last/model.yaml": "name: last\noutputs: { classes: { kind: scores, labels: [a, b, c] } }\n",
    "last/1/model.onnx": LAST,
  });
  const digits = await openSource(join(folder, "digits"));
  await digits.close();
  expect(digits.task.id).toBe("image-classification");
  const last = await openSource(join(folder, "last"));
  await last.close();
  expect(last.contract.inputs.image).toMatchObject({ layout: "NHWC", color: "RGB", size: [24, 24] });
});

test("labels that the model itself names, in a file that is not there", async () => {
  const contract: Contract = {
    task: null,
    inputs: {},
    outputs: { classes: { kind: "scores", tensor: "y", activation: "none", labels: "names.txt" } },
    states: {},
    constants: {},
    evidence: [],
  };
  await expect(readWords(contract, async () => null)).rejects.toMatchObject({
    code: "MODEL_NO_LABELS_FILE",
    message: "The labels of classes should be in names.txt, which is not beside the model.",
  });
});
