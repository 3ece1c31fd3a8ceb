// Files beside a model that are links: those of Hugging Face's cache and of mounted volumes are followed, all others refused.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { openModelSink, openModelSource } from "../../src/base/node/index.ts";
import { openModel, writeModel } from "../../src/model/index.ts";
import { loadOpened } from "../../src/run/pipeline/loaded.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { answerOf } from "../tasks/task.ts";
import { MNIST, SEVEN } from "./models-folder.ts";

const REVISION = "0123456789abcdef0123456789abcdef01234567";
const NAMES = Array.from({ length: 10 }, (_, i) => `digit ${i}`);
const CONFIG = JSON.stringify({ id2label: Object.fromEntries(NAMES.map((name, i) => [i, name])) });

let hub = "";
let repository = "";
let snapshot = "";
beforeEach(() => {
  hub = emptyFolder();
  repository = join(hub, "models--somebody--digits");
  snapshot = join(repository, "snapshots", REVISION);
});

/** As huggingface_hub 1.1 lays a file out: the bytes under their digest, and a relative link to them. */
function put(name: string, content: string | Uint8Array, digest = "sha256"): void {
  const blob = join(repository, "blobs", createHash(digest).update(content).digest("hex"));
  mkdirSync(dirname(blob), { recursive: true });
  writeFileSync(blob, content);
  link(name, blob);
}

function link(name: string, target: string): void {
  const path = join(snapshot, name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(relative(dirname(path), target), path);
}

/** mnist-8 with its weights in a file beside it. */
async function putModel(name: string): Promise<void> {
  const folder = emptyFolder();
  const source = await openModelSource(MNIST);
  const sink = await openModelSink(join(folder, "model.onnx"));
  await writeModel(await openModel(source), sink, { external: "always" });
  await source.close();
  put(name, readFileSync(join(folder, "model.onnx")));
  put(`${name}.data`, readFileSync(join(folder, "model.onnx.data")));
}

async function ask(path: string): Promise<string | undefined> {
  const model = await loadOpened(await openSource(path));
  try {
    const input = { kind: "bytes", bytes: readFileSync(SEVEN) } as const;
    return (await answerOf<{ label: string }[]>(model.predict(input))).value[0]?.label;
  } finally {
    await model.close();
  }
}

test("a model of Hugging Face's cache answers, with weights and settings that are links to its blobs", async () => {
  await putModel("model.onnx");
  // A small file is named by git's digest, which has 40 digits.
  put("config.json", CONFIG, "sha1");
  expect(await ask(join(snapshot, "model.onnx"))).toBe("digit 7");
  expect(await ask(snapshot)).toBe("digit 7");
  // The whole cache may lie elsewhere.
  const moved = join(emptyFolder(), "hub");
  symlinkSync(hub, moved);
  expect(await ask(join(moved, relative(hub, snapshot), "model.onnx"))).toBe("digit 7");
});

test("one in a folder of the snapshot too", async () => {
  await putModel("onnx/model.onnx");
  put("onnx/config.json", CONFIG);
  expect(await ask(join(snapshot, "onnx/model.onnx"))).toBe("digit 7");
});

/** Each makes what is a link to another place look like a snapshot's. */
const ELSEWHERE: readonly (readonly [what: string, make: (secret: string) => void])[] = [
  ["a file of the machine", (secret) => link("config.json", secret)],
  [
    "a blob that is a link itself",
    (secret) => {
      put("config.json", CONFIG);
      const blob = join(repository, "blobs", createHash("sha256").update(CONFIG).digest("hex"));
      rmSync(blob);
      symlinkSync(secret, blob);
    },
  ],
  [
    "a folder of blobs that is a link itself",
    () => {
      put("config.json", CONFIG);
      const elsewhere = join(hub, "elsewhere");
      renameSync(join(repository, "blobs"), elsewhere);
      symlinkSync(elsewhere, join(repository, "blobs"));
    },
  ],
  [
    "a blob of another repository",
    () => {
      const other = join(hub, "models--somebody--else/blobs", "0".repeat(64));
      mkdirSync(dirname(other), { recursive: true });
      writeFileSync(other, CONFIG);
      link("config.json", other);
    },
  ],
  [
    "what is among the blobs and is none",
    () => {
      put("other.json", CONFIG);
      writeFileSync(join(repository, "blobs/config.json"), CONFIG);
      link("config.json", join(repository, "blobs/config.json"));
    },
  ],
  [
    "a file of the repository's folder beside the blobs",
    () => {
      mkdirSync(join(repository, "refs"), { recursive: true });
      writeFileSync(join(repository, "refs", "0".repeat(64)), CONFIG);
      link("config.json", join(repository, "refs", "0".repeat(64)));
    },
  ],
];

test.each(ELSEWHERE)("a link of a snapshot to %s is refused", async (_what, make) => {
  const secret = join(hub, "secret.json");
  writeFileSync(secret, CONFIG);
  mkdirSync(snapshot, { recursive: true });
  writeFileSync(join(snapshot, "model.onnx"), readFileSync(MNIST));
  make(secret);
  await expect(openSource(join(snapshot, "model.onnx"))).rejects.toMatchObject({
    code: "FILE_LINK_ESCAPES",
    message: "config.json, which belongs to model.onnx, is a link that leads out of its folder.",
    where: join(snapshot, "config.json"),
  });
});

test("weights that a model names are held to the same", async () => {
  await putModel("model.onnx");
  const data = join(snapshot, "model.onnx.data");
  const secret = join(hub, "secret.bin");
  writeFileSync(secret, readFileSync(data));
  rmSync(data);
  symlinkSync(secret, data);
  await expect(openSource(join(snapshot, "model.onnx"))).rejects.toMatchObject({
    code: "FILE_LINK_ESCAPES",
    message: "model.onnx.data, which belongs to model.onnx, is a link that leads out of its folder.",
  });
});

test("blobs are a cache's alone: beside any other folder they are a place elsewhere", async () => {
  repository = join(hub, "digits");
  snapshot = join(repository, "snapshots", REVISION);
  put("config.json", CONFIG);
  writeFileSync(join(snapshot, "model.onnx"), readFileSync(MNIST));
  await expect(openSource(join(snapshot, "model.onnx"))).rejects.toMatchObject({ code: "FILE_LINK_ESCAPES" });
});

test("a volume of Kubernetes, whose files are links into folders with two dots before their names", async () => {
  const volume = emptyFolder();
  mkdirSync(join(volume, "..2026_11_26"));
  symlinkSync("..2026_11_26", join(volume, "..data"));
  for (const [name, content] of [
    ["model.onnx", readFileSync(MNIST)],
    ["config.json", CONFIG],
  ] as const) {
    writeFileSync(join(volume, "..2026_11_26", name), content);
    symlinkSync(join("..data", name), join(volume, name));
  }
  expect(await ask(volume)).toBe("digit 7");
});
