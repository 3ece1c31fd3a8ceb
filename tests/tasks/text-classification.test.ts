import { describe, expect, test } from "vitest";
import type { ScoresOutput, TextInput, Tokenizer } from "../../src/model/contract/contract.ts";
import type { TensorSpec } from "../../src/model/tensor/tensor.ts";
import { delimiterOf } from "../../src/run/media/text/delimiter.ts";
import { tokenizerOf } from "../../src/run/media/text/index.ts";
import { textClassification } from "../../src/run/tasks/text-classification/index.ts";
import { ask, bytes, json, sessionOf, taskFile } from "./task.ts";

describe("tokenizers", () => {
  test("pieces of words are those of Hugging Face's tokenizers", () => {
    // tokens.py
    const { vocabulary, texts } = JSON.parse(taskFile("tokens.json").toString()) as {
      vocabulary: string[];
      texts: { text: string; ids: number[] }[];
    };
    const tokenize = tokenizerOf({ kind: "wordpiece", vocabulary: "v", lowercase: true }, vocabulary);
    for (const { text, ids } of texts) expect(tokenize(text, null).ids, JSON.stringify(text)).toEqual(ids);
    expect(tokenize("the best film", 4)).toEqual({
      ids: [2, vocabulary.indexOf("the"), vocabulary.indexOf("best"), 3],
      pad: 0,
      whole: 5,
    });
  });

  const words = ["<PAD> 0", "<START> 1", "<UNKNOWN> 2", "a 7", "b 8", "it's 9", ""];
  const tokenize = (tokenizer: Partial<Tokenizer>, text: string, lines = words) =>
    tokenizerOf(
      { kind: "regex", delimiter: "[^\\w']+", vocabulary: "v", lowercase: false, ...tokenizer },
      lines,
    )(text, 6);

  test("words by their own numbers, or by the lines that they stand in", () => {
    expect(tokenize({}, "a, B…it's b").ids).toEqual([1, 7, 2, 9, 8]);
    expect(tokenize({ lowercase: true }, "a, B").ids).toEqual([1, 7, 8]);
    expect(tokenize({ kind: "whitespace" }, " a\n\tit's,  b ").ids).toEqual([1, 7, 2, 8]);
    expect(tokenize({}, "a a a a a a a a")).toEqual({ ids: [1, 7, 7, 7, 7, 7], pad: 0, whole: 9 });
    expect(tokenize({}, "a b c", ["a", "b", "", "a"]).ids).toEqual([3, 1]);
    expect(tokenize({}, "").ids).toEqual([1]);
  });

  test("patterns of single characters are taken, those that could take for ever are not", () => {
    for (const pattern of ["[^\\w\\']+", "\\W+", "\\s", " ", ",|;|\\s+", "([^\\w]+)", "[]x]", "."])
      expect(delimiterOf(pattern).flags).toBe("g");
    for (const pattern of [
      "",
      "(a+)+",
      "ab",
      "(?:x|y)*z",
      "[a",
      "a{1,99}",
      "\\1",
      "^a",
      "x|",
      "(",
      "[z-a]+",
    ]) {
      expect(() => delimiterOf(pattern), pattern).toThrow(
        expect.objectContaining({ code: "TASK_TOKENIZER" }),
      );
    }
  });

  test("a vocabulary without what BERT needs", () => {
    const tokenizer: Tokenizer = { kind: "wordpiece", vocabulary: "v", lowercase: true };
    expect(() => tokenizerOf(tokenizer, ["[PAD]", "a"])).toThrow(
      expect.objectContaining({ code: "TASK_TOKENIZER", message: expect.stringContaining("[CLS]") }),
    );
  });
});

const tokenizer: Tokenizer = { kind: "whitespace", vocabulary: "v", lowercase: true };
const text: TextInput = { kind: "text", tensors: { ids: "i" }, tokenizer, maxLength: null };
const scores: ScoresOutput = { kind: "scores", tensor: "y", activation: "softmax", labels: null };
const lists = { "inputs.text.tokenizer.vocabulary": ["<PAD>", "<START>", "<UNKNOWN>", "good", "bad"] };
const spec = (name: string, shape: TensorSpec["shape"], dtype: TensorSpec["dtype"] = "int32") => ({
  name,
  dtype,
  shape,
});

/** A session that gives two scores, and keeps what it was fed. */
const reader = (...inputs: TensorSpec[]) =>
  sessionOf({ inputs, outputs: [] }, () => ({
    y: { dtype: "float32", shape: [1, 2], data: Float32Array.of(0, Math.log(3)) },
  }));

describe("a text", () => {
  const contract = { inputs: { text }, outputs: { mood: scores } };
  const more = { lists, labels: { mood: ["negative", "positive"] } };

  test("as it is, as a file, inside JSON: one row of numbers, filled up", async () => {
    for (const given of [
      { kind: "text", text: "Good bad odd" } as const,
      bytes(Buffer.from("Good bad odd")),
      json("Good bad odd"),
      json({ inputs: { text: "Good bad odd" } }),
    ]) {
      const session = reader(spec("i", [1, 6]));
      const { value, warnings } = await ask(textClassification, session, contract, given, more);
      expect(session.fed).toEqual([
        { i: { dtype: "int32", shape: [1, 6], data: Int32Array.of(1, 3, 4, 2, 0, 0) } },
      ]);
      expect(value).toEqual([
        { label: "positive", score: 0.75 },
        { label: "negative", score: 0.25 },
      ]);
      expect(warnings).toEqual([]);
    }
  });

  test("longer than the model reads: with a warning; of any length: as long as it is", async () => {
    const short = reader(spec("i", [1, 3]));
    const given = { kind: "text", text: "good ".repeat(9) } as const;
    const { warnings } = await ask(textClassification, short, contract, given, more);
    expect(warnings).toEqual([expect.stringMatching(/10 tokens.*first 3/)]);
    const open = reader(spec("i", ["batch", null], "int64"));
    await ask(textClassification, open, contract, { kind: "text", text: "bad" }, more);
    expect(open.fed[0]).toEqual({ i: { dtype: "int64", shape: [1, 2], data: BigInt64Array.of(1n, 4n) } });
  });

  test("mask, types and positions go along; a role that nobody knows is refused", async () => {
    const inputs = ["i", "m", "t", "p"].map((name) => spec(name, [4]));
    const roles = (tensors: Record<string, string>) => ({
      ...contract,
      inputs: { text: { ...text, tensors } },
    });
    const session = reader(...inputs);
    const given = { kind: "text", text: "good" } as const;
    await ask(
      textClassification,
      session,
      roles({ ids: "i", mask: "m", types: "t", positions: "p" }),
      given,
      more,
    );
    const rows = Object.values(session.fed[0] ?? {}).map(({ data }) => [...data]);
    expect(rows).toEqual([
      [1, 3, 0, 0],
      [1, 1, 0, 0],
      [0, 0, 0, 0],
      [0, 1, 2, 3],
    ]);
    const odd = ask(
      textClassification,
      reader(...inputs),
      roles({ ids: "i", constructor: "m" }),
      given,
      more,
    );
    await expect(odd).rejects.toMatchObject({ code: "TASK_TOKENIZER" });
  });

  test("what is no text is refused", async () => {
    const session = reader(spec("i", [1, 4]));
    for (const given of [bytes(Uint8Array.of(0xff, 0xfe, 0xff)), json([1]), json("x".repeat(2 ** 21 + 1))]) {
      const refused = ask(textClassification, session, contract, given, more);
      await expect(refused).rejects.toMatchObject({ code: "TASK_INPUT_KIND" });
    }
  });

  test("fits what has a tokenizer and scores alone", () => {
    const match = (input: Partial<TextInput>) =>
      textClassification.match({
        task: null,
        inputs: { text: { ...text, ...input } },
        outputs: { mood: scores },
        states: {},
        constants: {},
        evidence: [],
      }).fits;
    expect([match({}), match({ tokenizer: null }), match({ tokenizer: "tokenizer.json" })]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
