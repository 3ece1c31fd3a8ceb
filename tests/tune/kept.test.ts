import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Results } from "../../src/run/tune/kept.ts";
import { emptyFolder } from "../cli/modelyard.ts";

test.each([
  ["another tool's page", "tune.json", '{"key": "C major"}'],
  ["a page that is no JSON", "tune.json", "tempo: 120"],
  ["a page of nothing", "tune.json", "null"],
  ["a page like ours, of nobody's key", "tune.json", '{"key": "", "costs": {}, "errors": {}}'],
  ["a page of ours without its results", "tune.json", JSON.stringify({ key: "0".repeat(64), costs: [] })],
  ["a report", "report.html", "<p>mine</p>"],
  ["a folder of models", "models/own/model.onnx", "mine"],
])("a folder that holds %s is somebody's: nothing in it is touched", async (_, name, text) => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "models/own"), { recursive: true });
  writeFileSync(join(folder, name), text);
  const before = readdirSync(folder, { recursive: true });
  await expect(Results.open(folder, {})).rejects.toMatchObject({ code: "TUNE_FOLDER" });
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
  expect(readFileSync(join(folder, name), "utf8")).toBe(text);
});

test("a search that ended before anything was measured is gone on with, and another takes its place", async () => {
  const folder = emptyFolder();
  await Results.open(folder, { model: "a" });
  mkdirSync(join(folder, "models"));
  await Results.open(folder, { model: "a" });
  expect(readdirSync(folder).sort()).toEqual(["models", "tune.json"]);
  await Results.open(folder, { model: "b" });
  expect(readdirSync(folder)).toEqual(["tune.json"]);
});
