// What answers are held to, against the definitions, worked out in the slow way that definitions are written.
import { describe, expect, test } from "vitest";
import { loadSharp } from "../../src/run/media/image/index.ts";
import { averagePrecision, overlapOf } from "../../src/run/tune/error/boxes.ts";
import { topOne } from "../../src/run/tune/error/classes.ts";
import { pixels } from "../../src/run/tune/error/masks.ts";
import { relativeError } from "../../src/run/tune/error/numbers.ts";
import { characters, editDistance } from "../../src/run/tune/error/text.ts";
import { SEED } from "../seed.ts";
import { random } from "../serve/random.ts";

test("top-1: the best class against a label, or another answer", async () => {
  const answer = (label: string) => [
    { label, score: 0.6 },
    { label: "other", score: 0.4 },
  ];
  const pairs = [
    { truth: "seven", answer: answer("seven") },
    { truth: answer("two"), answer: answer("two") },
    { truth: 3, answer: answer("3") },
    { truth: "seven", answer: answer("two") },
  ];
  expect(await topOne.of(pairs)).toBe(0.25);
});

test("what is nothing that answers can be held to is told, since all would be as wrong", () => {
  const box = { label: "dog", box: { xmin: 0, ymin: 0, xmax: 1, ymax: 1 } };
  const right = [
    topOne.problemOf("cat", [], ["cat", "dog"]),
    topOne.problemOf([{ label: "cat" }], [], ["cat", "dog"]),
    topOne.problemOf(948, [], null),
    topOne.problemOf("2", [], ["cat", "dog"]),
    characters.problemOf("", {}, null),
    characters.problemOf({ text: "a" }, {}, null),
    averagePrecision.problemOf([], [], null),
    averagePrecision.problemOf([box], [], null),
    pixels.problemOf([{ label: "cat", mask: "" }], [], null),
    relativeError.problemOf({ y: [1, 2] }, { y: [3, 4] }, null),
  ];
  expect(right).toEqual(right.map(() => null));
  expect(topOne.problemOf("Cat", [], ["cat", "dog"])).toBe(
    `"Cat" is none of the model's labels, which are these: cat, dog`,
  );
  expect(topOne.problemOf("cat", [], null)).toMatch(/labels, which are numbers$/);
  expect(topOne.problemOf("1", [], ["cat", "dog"])).toMatch(/none of the model's labels/);
  const wrong = [
    topOne.problemOf([], [], ["cat"]),
    characters.problemOf(7, {}, null),
    averagePrecision.problemOf("dog", [], null),
    averagePrecision.problemOf([{ label: "dog" }], [], null),
    averagePrecision.problemOf([null], [], null),
    pixels.problemOf("cat", [], null),
    relativeError.problemOf("cat", [1, 2], null),
  ];
  for (const problem of wrong) expect(problem).toMatch(/^it (is no|has)/);
});

describe("characters", () => {
  /** By the recurrence itself. */
  const distance = (a: string[], b: string[]): number => {
    if (a.length === 0 || b.length === 0) return a.length + b.length;
    const [x, y] = [a.slice(1), b.slice(1)];
    return Math.min(distance(x, y) + (a[0] === b[0] ? 0 : 1), distance(x, b) + 1, distance(a, y) + 1);
  };

  test("the edit distance is the recurrence's", () => {
    const next = random(SEED);
    const word = () =>
      Array.from({ length: Math.floor(next() * 6) }, () => "abc"[Math.floor(next() * 3)] as string);
    for (let i = 0; i < 300; i++) {
      const [a, b] = [word(), word()];
      expect(editDistance(a, b), `${a} ${b}`).toBe(distance(a, b));
    }
  });

  test("errors are of all characters of the truth, whole letters count", async () => {
    const pairs = [
      { truth: "Mörkö", answer: { text: "Morko" } },
      { truth: { text: "Cool" }, answer: { text: "Cool" } },
      { truth: "😀", answer: { text: "" } },
    ];
    expect(await characters.of(pairs)).toBeCloseTo(3 / 10, 12);
    expect(await characters.of([{ truth: "a", answer: { text: "abcdef" } }])).toBe(1);
    expect(await characters.of([{ truth: "", answer: { text: "" } }])).toBe(0);
  });
});

describe("boxes", () => {
  const box = (xmin: number, ymin: number, xmax: number, ymax: number, label = "dog", score = 1) => ({
    label,
    score,
    box: { xmin, ymin, xmax, ymax },
  });

  test("the overlap is what counting pixels gives", () => {
    const next = random(SEED);
    const draw = (): [number, number, number, number] => {
      const [a, b, c, d] = [next, next, next, next].map((each) => Math.floor(each() * 12)) as [
        number,
        number,
        number,
        number,
      ];
      return [Math.min(a, b), Math.min(c, d), Math.max(a, b), Math.max(c, d)];
    };
    for (let i = 0; i < 300; i++) {
      const [one, other] = [draw(), draw()];
      let [both, either] = [0, 0];
      for (let x = 0; x < 12; x++) {
        for (let y = 0; y < 12; y++) {
          const inside = [one, other].filter(([l, t, r, b]) => x >= l && x < r && y >= t && y < b).length;
          both += Number(inside === 2);
          either += Number(inside > 0);
        }
      }
      expect(overlapOf(one, other)).toBeCloseTo(either === 0 ? 0 : both / either, 12);
    }
  });

  test("average precision, worked out by hand", async () => {
    // Three dogs; found in the order of scores: right, wrong, right. Precision 1, 1/2, 2/3 at recall 1/3, 1/3, 2/3; made to fall:
    // 1 to a recall of 1/3, 2/3 to 2/3, 0 beyond: 1/3 + 2/9.
    const truth = [box(0, 0, 10, 10), box(20, 0, 30, 10), box(40, 0, 50, 10)];
    const answer = [
      box(20, 0, 30, 10, "dog", 0.7),
      box(0, 0, 10, 10, "dog", 0.9),
      box(60, 0, 70, 10, "dog", 0.8),
    ];
    expect(await averagePrecision.of([{ truth, answer }])).toBeCloseTo(1 - (1 / 3 + 2 / 9), 12);
    // A second box on the same dog is wrong, and a cat that nobody finds halves the mean.
    const twice = [box(0, 0, 10, 10, "dog", 0.9), box(1, 0, 10, 10, "dog", 0.8)];
    const both = [box(0, 0, 10, 10), box(0, 0, 10, 10, "cat")];
    expect(await averagePrecision.of([{ truth: both, answer: twice }])).toBeCloseTo(0.5, 12);
    expect(await averagePrecision.of([{ truth, answer: truth }])).toBeCloseTo(0, 12);
    expect(await averagePrecision.of([{ truth, answer: [] }])).toBe(1);
    expect(await averagePrecision.of([{ truth: [], answer: [] }])).toBe(0);
    expect(await averagePrecision.of([{ truth: [], answer: twice }])).toBe(1);
  });
});

test("masks: the mean difference of their pixels", async () => {
  const sharp = await loadSharp();
  const mask = async (label: string, levels: number[]) => ({
    label,
    score: null,
    mask: (
      await sharp(Buffer.from(levels), { raw: { width: 2, height: levels.length / 2, channels: 1 } })
        .toColourspace("b-w")
        .png()
        .toBuffer()
    ).toString("base64"),
  });
  const truth = [await mask("person", [0, 255, 0, 255])];
  expect(await pixels.of([{ truth, answer: truth }])).toBe(0);
  const answer = [await mask("person", [0, 255, 255, 255])];
  expect(await pixels.of([{ truth, answer }])).toBeCloseTo(0.25, 12);
  expect(await pixels.of([{ truth, answer: [await mask("person", [0, 255])] }])).toBe(1);
  expect(await pixels.of([{ truth, answer: [] }])).toBe(1);
});

test("numbers: how far answers are apart, of how large they are", async () => {
  const error = (truth: unknown, answer: unknown) => relativeError.of([{ truth, answer }]);
  expect(await error([3, 4], [3, 4])).toBe(0);
  expect(await error({ a: [3, 4] }, { a: [3, 3] })).toBeCloseTo(1 / 5, 12);
  expect(await error([[1n, true]], [[1n, true]])).toBe(0);
  expect(await error(["NaN", "Infinity", 1], ["NaN", "Infinity", 1])).toBe(0);
  expect(await error([1, 2], [1])).toBe(1);
  expect(await error([1, 2], [Number.NaN, 2])).toBe(1);
  expect(await error([0, 0], [1, 0])).toBe(1);
  expect(await relativeError.of([])).toBe(0);
});
