import { expect, test } from "vitest";
import { packageFile } from "../models.ts";
import { modelyard } from "./modelyard.ts";

test("read-text reads the words of other people's pictures", async (context) => {
  for (const [picture, text] of [
    ["word.png", "Cool"],
    ["umlauts.png", "Mörkö"],
  ]) {
    const path = await packageFile(context, `npm:tesseract.js-node@0.1.0/test/fixtures/${picture}`);
    const { stdout, stderr, code } = await modelyard(["run", "examples/models/read-text", path, "--json"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).text).toBe(text);
  }
});

test("voice-activity finds 214 of the 343 frames of a known speech", async (context) => {
  const path = await packageFile(
    context,
    "npm:nodejs-whisper@0.3.1/cpp/whisper.cpp/bindings/go/samples/jfk.wav",
  );
  const { stdout, code } = await modelyard(["run", "examples/models/voice-activity", path, "--json"]);
  expect(code).toBe(0);
  const { frames, segments } = JSON.parse(stdout) as {
    frames: number[];
    segments: { start: number; end: number }[];
  };
  expect(frames).toHaveLength(343);
  expect(frames.filter((probability) => probability > 0.5)).toHaveLength(214);
  expect(segments.length).toBeGreaterThan(1);
});
