// Texts with something broken in them: read, or refused by a code that names a line, and never anything else.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isModelyardError } from "../../src/base/errors/index.ts";
import { parseLiteral } from "../../src/model/contract/declared/python-literal.ts";
import {
  importConfigPbtxt,
  parseConfigPbtxt,
  parseModelYaml,
  withModelFile,
  writeModelYaml,
} from "../../src/model/contract/index.ts";
import { SEED } from "../seed.ts";
import { infer } from "./models.ts";
import { randomContract, randomFrom } from "./random.ts";

const ROUNDS = 600;
/** What means something to one of the readers. */
const SIGNS = [
  ..."{}[]<>:,;#&*!|>'\"\\%@`\n\t -?0x",
  "\u0000",
  "\ud800",
  "<<",
  "---",
  "...",
  "!!binary ",
  "kind",
  "image",
  "1e999",
  "-.inf",
  "~",
];

function mutate(text: string, random: () => number): string {
  let broken = text;
  for (let i = 0; i < 1 + random() * 4; i++) {
    const at = Math.floor(random() * broken.length);
    const length = Math.floor(random() * (random() < 0.1 ? 200 : 3));
    const sign = SIGNS[Math.floor(random() * SIGNS.length)] ?? "";
    const copied = random() < 0.2 ? broken.slice(at, at + 40) : "";
    broken = broken.slice(0, at) + sign + copied + broken.slice(at + length);
  }
  return broken;
}

/** How many were read and how many refused; fails where anything else happens. */
function tryAll(make: (random: () => number) => string, read: (text: string) => void) {
  const counts = { read: 0, refused: 0 };
  for (let i = 0; i < ROUNDS; i++) {
    const random = randomFrom(SEED + i);
    const text = mutate(make(random), random);
    try {
      read(text);
      counts.read++;
    } catch (error) {
      const what = `seed ${SEED + i}: ${String((error as Error).stack)}\n${text}`;
      expect(isModelyardError(error), what).toBe(true);
      const { code, where } = error as { code: string; where?: string };
      expect(code, what).toMatch(/^CONTRACT_/);
      if (!code.startsWith("CONTRACT_TENSOR")) expect(where, what).toMatch(/^[\w.]+:\d+(:\d+)?$/);
      counts.refused++;
    }
  }
  return counts;
}

test(`model.yaml (seed ${SEED})`, async () => {
  const { contract, signature } = await infer("memory");
  const make = (random: () => number) => {
    const { contract: other, head } = randomContract(random);
    return writeModelYaml(random() < 0.5 ? contract : other, head);
  };
  const { read, refused } = tryAll(make, (text) =>
    withModelFile(contract, parseModelYaml(text, "model.yaml"), signature),
  );
  expect(Math.min(read, refused)).toBeGreaterThan(0);
});

test(`config.pbtxt (seed ${SEED})`, () => {
  const text = readFileSync(join(import.meta.dirname, "../fixtures/contract/config.pbtxt"), "utf8");
  const { read, refused } = tryAll(
    () => text,
    (broken) => importConfigPbtxt(parseConfigPbtxt(broken, "config.pbtxt"), "config.pbtxt"),
  );
  expect(Math.min(read, refused)).toBeGreaterThan(0);
});

test(`Python literals and files beside a model (seed ${SEED})`, async () => {
  const texts = ["{0: 'cat', 1: \"dog's\", 2: [1, (2.5e3, None), {'a': True}]}", "[640, 640]"];
  tryAll((random) => texts[Math.floor(random() * texts.length)] ?? "", parseLiteral);
  const settings = JSON.stringify({
    id2label: { 0: "a", 1: "b", 2: "c" },
    image_size: [64, 64],
    pretrained_cfg: { mean: [0.5], std: [0.5], input_size: [3, 64, 64], crop_pct: 0.9 },
    size: { height: 64, width: 64 },
    crop_size: 32,
    do_center_crop: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    model_max_length: 512,
  });
  for (let i = 0; i < 200; i++) {
    const random = randomFrom(SEED + i);
    const broken = mutate(settings, random);
    const files = [
      "config.json",
      "preprocessor_config.json",
      "tokenizer_config.json",
      "tokenizer.json",
      "labels.txt",
    ];
    const { contract } = await infer("open", Object.fromEntries(files.map((file) => [file, broken])));
    expect(contract.inputs.image?.kind, `seed ${SEED + i}: ${broken}`).toBe("image");
  }
});
