import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { modelyard, ROOT } from "../cli/modelyard.ts";
import { packageFile } from "../models.ts";
import { UMLAUTS_PNG, WORD_PNG } from "../packages.ts";
import { random } from "../serve/random.ts";
import { closeBrowser, openPage, SPEECH } from "./browser.ts";

const MNIST = "examples/models/mnist";
const FACES = "npm:@mediapipe/face_detection@0.4.1657300184/face_detection_short_range.tflite";
const PEOPLE = "npm:@mediapipe/selfie_segmentation@0.1.1675465747/selfie_segmentation.tflite";
const VOICE = "npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx";

afterAll(closeBrowser);

const said = (page: Page) => page.locator(".answer .said").innerText();
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });

/** Draws lines through points of the pad, each from 0 to 1. */
async function draw(page: Page, strokes: readonly (readonly [number, number])[][]): Promise<void> {
  const box = await page.locator("canvas").boundingBox();
  if (!box) throw new Error("the page has no pad to draw on");
  for (const stroke of strokes) {
    for (const [i, [x, y]] of stroke.entries()) {
      await page.mouse.move(box.x + box.width * x, box.y + box.height * y, { steps: 8 });
      if (i === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }
}

const DIGITS: Readonly<Record<string, readonly (readonly [number, number])[][]>> = {
  "7": [
    [
      [0.28, 0.25],
      [0.72, 0.25],
      [0.45, 0.8],
    ],
  ],
  "1": [
    [
      [0.52, 0.2],
      [0.48, 0.8],
    ],
  ],
  "4": [
    [
      [0.35, 0.22],
      [0.3, 0.52],
      [0.68, 0.52],
    ],
    [
      [0.66, 0.25],
      [0.62, 0.82],
    ],
  ],
};

test("a digit drawn with the mouse is recognised, and cleared for the next", async (context) => {
  const { page, complaints } = await openPage(context, "mnist", { folder: MNIST });
  for (const [digit, strokes] of Object.entries(DIGITS)) {
    const answers = page.waitForResponse((response) => response.request().method() === "POST");
    await draw(page, strokes);
    await answers;
    await expect.poll(() => said(page), { message: `drawn: ${digit}` }).toBe(digit);
    await button(page, "Clear").click();
  }
  expect(complaints).toEqual([]);
});

test("an unlike picture is answered with a warning beside the label, a digit without one", async (context) => {
  const { page, complaints } = await openPage(context, "mnist", { folder: MNIST });
  const warnings = page.locator(".warning");
  const next = random(300);
  const noise = Uint8Array.from({ length: 300 * 200 * 3 }, () => 256 * next());
  const buffer = await sharp(noise, { raw: { width: 300, height: 200, channels: 3 } })
    .png()
    .toBuffer();
  await button(page, "File").click();
  await page.locator("input[type=file]").setInputFiles({ name: "noise.png", mimeType: "image/png", buffer });
  await expect.poll(() => warnings.allInnerTexts()).toEqual([expect.stringMatching(/shades all over/)]);
  await button(page, "Draw").click();
  await draw(page, DIGITS["7"] ?? []);
  await expect.poll(() => said(page)).toBe("7");
  await expect.poll(() => warnings.count()).toBe(0);
  expect(complaints).toEqual([]);
});

test("a model's example answers at one click, beside its meaning and lines that work as they stand", async (context) => {
  const { page, url, complaints } = await openPage(context, "mnist", { folder: MNIST });
  await button(page, "Try an example").click();
  await expect.poll(() => said(page)).toBe("7");
  const text = await page.locator("main").innerText();
  expect(text).toContain("a grey picture of 28×28, values 0 to 255");
  expect(text).toContain("the graph ends in Add, with neither Softmax nor Sigmoid");
  expect(text).toContain("Input3");
  const curl = await page.locator("figure.lines pre").first().innerText();
  const answer = execFileSync("sh", ["-c", curl], { encoding: "utf8" });
  expect(JSON.parse(answer)[0].label).toBe("7");
  const program = await page.locator("figure.lines pre").nth(1).innerText();
  expect(program).toContain(`${url}/models/mnist`);
  expect(complaints).toEqual([]);
});

test("a picture unlike what the model expects gets a warning, and its negative can be asked about", async (context) => {
  const { page } = await openPage(context, "mnist", { folder: MNIST });
  await button(page, "File").click();
  const negative = await sharp(join(ROOT, MNIST, "seven.png"))
    .negate()
    .png()
    .toBuffer();
  const file = { name: "scan.png", mimeType: "image/png", buffer: negative };
  await page.locator("input[type=file]").setInputFiles(file);
  await page.locator(".warning").waitFor();
  expect(await page.locator(".warning").innerText()).toContain("dark strokes on a light ground");
  await page.getByRole("checkbox").check();
  await expect.poll(() => said(page)).toBe("7");
  await expect.poll(() => page.locator(".warning").count()).toBe(0);
});

test("a file that is no picture is refused in words, and the page goes on", async (context) => {
  const { page } = await openPage(context, "mnist", { folder: MNIST });
  await button(page, "File").click();
  await page.locator("input[type=file]").setInputFiles(join(ROOT, "package.json"));
  await page.locator(".trouble").waitFor();
  expect(await page.locator(".trouble").innerText()).toMatch(/MEDIA_[A-Z_]+/);
  await page.locator("input[type=file]").setInputFiles(join(ROOT, MNIST, "seven.png"));
  await expect.poll(() => said(page)).toBe("7");
  await expect.poll(() => page.locator(".trouble").count()).toBe(0);
});

test("a sound from the microphone is heard as the command line hears the same file", async (context) => {
  await packageFile(context, VOICE);
  const folder = "examples/models/voice-activity";
  const { page, complaints } = await openPage(context, "voice-activity", {
    folder,
    permissions: ["microphone"],
  });
  const { stdout } = await modelyard(["run", folder, SPEECH, "--json"]);
  const { segments } = JSON.parse(stdout) as { segments: unknown[] };

  await page.locator("input[type=file]").setInputFiles(SPEECH);
  await expect.poll(() => page.locator(".segments li").count()).toBe(segments.length);
  await expect.poll(() => said(page)).toMatch(/^Somebody speaks for \d/);

  await button(page, /Record/).click();
  await expect.poll(() => button(page, /Stop and ask/).innerText()).toMatch(/[3-9]\.\d s/);
  await button(page, /Stop and ask/).click();
  await expect.poll(() => page.locator("figcaption", { hasText: "recording" }).count()).toBe(1);
  await expect.poll(() => said(page)).toMatch(/^Somebody speaks for [1-9]/);
  expect(complaints).toEqual([]);
});

test("boxes and masks lie over the picture, where the command line has them", async (context) => {
  await packageFile(context, FACES);
  const { page, complaints } = await openPage(context, "photo-faces", {
    folder: "examples/models/photo-faces",
  });
  await button(page, "Try an example").click();
  await expect.poll(() => said(page)).toBe("face");
  const picture = "examples/models/photo-faces/astronaut.jpg";
  const { stdout } = await modelyard(["run", "examples/models/photo-faces", picture, "--json"]);
  const [{ box }] = JSON.parse(stdout) as [{ box: Record<"xmin" | "ymin" | "xmax" | "ymax", number> }];
  const drawn = page.locator(".marked svg g rect");
  await expect.poll(() => drawn.count()).toBe(1);
  const read = async (name: string) => Number(await drawn.getAttribute(name));
  expect([await read("x"), await read("y"), await read("width"), await read("height")]).toEqual([
    box.xmin,
    box.ymin,
    box.xmax - box.xmin,
    box.ymax - box.ymin,
  ]);
  // The box is over the face: both are scaled alike.
  const image = await page.locator(".marked img").boundingBox();
  const frame = await drawn.boundingBox();
  expect(((frame?.x ?? 0) - (image?.x ?? 0)) / (image?.width ?? 1)).toBeCloseTo(box.xmin / 512, 1);
  await expect.poll(() => page.locator(".marked circle").count()).toBe(6);
  expect(complaints).toEqual([]);
});

test("a mask tints what it is white on, and nothing else", async (context) => {
  await packageFile(context, PEOPLE);
  const { page, complaints } = await openPage(context, "photo-people", {
    folder: "examples/models/photo-people",
  });
  await button(page, "Try an example").click();
  await expect.poll(() => said(page)).toBe("person");
  const marked = page.locator(".marked");
  await page.locator(".marked image").waitFor({ state: "attached" });
  const pixels = async () => {
    const png = await marked.screenshot();
    return sharp(png).resize(512, 512, { fit: "fill" }).removeAlpha().raw().toBuffer();
  };
  const tinted = await pixels();
  await page.addStyleTag({ content: ".marked svg { display: none }" });
  const plain = await pixels();
  const change = (x: number, y: number) => {
    const at = 3 * (512 * y + x);
    return [0, 1, 2].reduce((sum, c) => sum + Math.abs((tinted[at + c] ?? 0) - (plain[at + c] ?? 0)), 0);
  };
  // Her chest, and the sky.
  expect(change(200, 400)).toBeGreaterThan(60);
  expect(change(330, 60)).toBeLessThan(20);
  expect(complaints).toEqual([]);
});

test("a pipeline reads tesseract.js-node's two pictures in the page", async (context) => {
  const pictures = [
    ["Cool", await packageFile(context, ...WORD_PNG)],
    ["Mörkö", await packageFile(context, ...UMLAUTS_PNG)],
  ] as const;
  const { page, complaints } = await openPage(context, "ocr", { folder: "examples/models/ocr" });
  await expect.poll(() => page.locator("main").innerText()).toContain("4 steps: detect, crop, read, join");
  for (const [text, path] of pictures) {
    await page.locator("input[type=file]").setInputFiles(path);
    await expect.poll(() => said(page)).toBe(text);
  }
  expect(complaints).toEqual([]);
});

test("a model without a known task takes tensors as JSON", async (context) => {
  const { page, complaints } = await openPage(context, "two-inputs", {
    folder: "tests/fixtures/runtime",
  });
  await button(page, "Try an example").click();
  await page.locator(".json").waitFor();
  const answer = JSON.parse(await page.locator(".json").innerText()) as Record<string, { dtype: string }>;
  expect(Object.values(answer)[0]?.dtype).toBeDefined();
  await page.locator("textarea").fill('{"nothing": [1]}');
  await button(page, "Ask").click();
  await page.locator(".trouble").waitFor();
  await page.locator("textarea").fill("{");
  await button(page, "Ask").click();
  await expect.poll(() => page.locator(".trouble").first().innerText()).toContain("not JSON");
  expect(complaints.filter((text) => !text.includes("status of 4"))).toEqual([]);
});

test("where the server asks for a key the page does, keeps it in its tab alone, and forgets it when told", async (context) => {
  const own = "0123456789abcdefghij";
  const { page, url, complaints } = await openPage(context, "mnist", { folder: MNIST, key: own });
  await page.getByLabel("Key").waitFor();
  expect(await page.locator("main").innerText()).toContain("This server asks for a key");
  expect(await page.locator(".trouble").count()).toBe(0);
  await page.getByLabel("Key").fill("a-wrong-one");
  await button(page, "Use this key").click();
  await expect.poll(() => page.locator(".trouble").innerText()).toContain("KEY_UNKNOWN");
  expect(await page.locator(".trouble span.code").innerText()).toBe("modelyard keys create <name>");
  await page.getByLabel("Key").fill(own);
  await button(page, "Use this key").click();
  await button(page, "Try an example").click();
  await expect.poll(() => said(page)).toBe("7");
  const curl = await page.locator("figure.lines pre").first().innerText();
  const env = { ...process.env, MODELYARD_API_KEY: own };
  expect(JSON.parse(execFileSync("sh", ["-c", curl], { encoding: "utf8", env }))[0].label).toBe("7");
  expect(await page.locator("body").innerText()).not.toContain(own);
  await page.reload();
  await button(page, "Try an example").waitFor();
  // Another tab has no key, and none lies where tabs share.
  const other = await page.context().newPage();
  await other.goto(url);
  await other.getByLabel("Key").waitFor();
  expect(await other.evaluate("localStorage.length + document.cookie.length")).toBe(0);
  await button(page, "Forget the key").click();
  await page.getByLabel("Key").waitFor();
  expect(await page.evaluate("sessionStorage.length")).toBe(0);
  expect(complaints.filter((text) => !text.includes("status of 401"))).toEqual([]);
});

test("the page's policy allows nothing but this server, and its files may be kept for ever", async (context) => {
  const { url } = await openPage(context, "mnist", { folder: MNIST });
  const response = await fetch(`${url}/`);
  expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
  const html = await response.text();
  const [, script = ""] = /src="\.\/(assets\/[^"]+)"/.exec(html) ?? [];
  const asset = await fetch(`${url}/${script}`);
  expect(asset.headers.get("cache-control")).toContain("immutable");
  expect(readFileSync(join(ROOT, "web/dist", script), "utf8")).toBe(await asset.text());
});

test("the API's page opens an operation without a complaint of the browser, from this server alone", async (context) => {
  const { page, url, complaints } = await openPage(context, "mnist", { folder: MNIST });
  await page.goto(`${url}/docs`);
  const operation = page.locator(".opblock", { hasText: "/models/{model}/example" }).first();
  await operation.click();
  await operation.getByRole("button", { name: "Try it out" }).click();
  await operation.locator("input").first().fill("mnist");
  await operation.getByRole("button", { name: "Execute" }).click();
  await operation.locator(".live-responses-table .response").first().waitFor();
  expect(await operation.locator(".live-responses-table").innerText()).toContain("200");
  expect(complaints).toEqual([]);
  const policy = (await fetch(`${url}/docs/`)).headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toMatch(/upgrade-insecure-requests|https:|swagger\.io/);
});
