// Flexbuffers that Google's own library wrote (PyPI: flatbuffers 25.12.19, flexbuffers.Dumps and Builder), and damaged ones.
import { expect, test } from "vitest";
import { readFlexbuffer } from "../../src/model/wire/index.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));

const DUMPED = bytes(
  "610062696700660068616c660074000668c3a96c6c6f006e0079657300696e74730003000100feff2c01050505666c6f6174730002000000" +
    "0000003f000010400e0e6d69786564000178000201006800030109070414286d6170006b000002020502010202010404626c6f62000200ff" +
    "0c71700b6e486e5a2137636e630000000f0000000000000001000000000000000c00000000000000fdffffffffffffff00000000000100003a" +
    "000000000000009a9999999999b93f8000000000000000000000000000f83fa4000000000000006c00000000000000870000000000000000" +
    "00000000000000d80000000000000001000000000000000707640f2a0f29242803146b6c2701",
);
const BUILT = bytes(
  "6900000090eefeff75000766000000000000204074776f000000c03f000020c0626f6f6c73000201006b65797300700071000205040616" +
    "2c3810263306010618303d0f2b3a90221a384a1c0c2401",
);

test("values of every kind are those that were written", () => {
  expect(readFlexbuffer(DUMPED, "x")).toEqual(
    new Map<string, unknown>([
      ["a", -3],
      ["big", 2 ** 40],
      ["blob", Uint8Array.of(0, 255)],
      ["f", 0.1],
      ["floats", [0.5, 2.25]],
      ["half", 1.5],
      ["ints", [1, -2, 300]],
      [
        "map",
        new Map([
          ["", 2],
          ["k", 1],
        ]),
      ],
      ["mixed", [1, "x", [true, null]]],
      ["n", null],
      ["t", "héllo"],
      ["yes", true],
    ]),
  );
  expect(readFlexbuffer(BUILT, "x")).toEqual(
    new Map<string, unknown>([
      ["bools", [true, false]],
      ["f", 2.5],
      ["i", -70_000],
      ["keys", ["p", "q"]],
      ["two", [1.5, -2.5]],
      ["u", 7],
    ]),
  );
});

test("what is damaged is refused with its byte, or read as something else", () => {
  let refused = 0;
  for (const whole of [DUMPED, BUILT])
    for (let at = 0; at < whole.byteLength; at++)
      for (const change of [1, 0x80, 0xff]) {
        const damaged = whole.slice();
        damaged[at] = (damaged[at] as number) ^ change;
        for (const each of [damaged, damaged.slice(0, at)])
          try {
            readFlexbuffer(each, "m.tflite", 1000);
          } catch (error) {
            refused++;
            expect(error).toMatchObject({
              code: "MODEL_FLATBUFFER_DAMAGED",
              where: expect.stringMatching(/^m\.tflite, byte 1\d\d\d$/),
            });
          }
      }
  expect(refused).toBeGreaterThan(100);
});

test("a vector that holds itself many times over stands for too much", () => {
  // Nested vectors of 200 times the next: 200^3 values in a thousand bytes.
  const parts: number[] = [0, 0, 0, 0];
  let inner = 0;
  const packed = (10 << 2) | 2;
  for (let level = 0; level < 4; level++) {
    const word = (value: number) =>
      parts.push(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >> 24);
    while (parts.length % 4 !== 0) parts.push(0);
    word(200);
    const start = parts.length;
    for (let i = 0; i < 200; i++) word(level === 0 ? 7 : parts.length - inner);
    for (let i = 0; i < 200; i++) parts.push(level === 0 ? (1 << 2) | 2 : packed);
    inner = start;
  }
  while (parts.length % 4 !== 0) parts.push(0);
  const offset = parts.length - inner;
  parts.push(offset & 255, offset >> 8, 0, 0, packed, 4);
  expect(() => readFlexbuffer(Uint8Array.from(parts), "m.tflite")).toThrow(/too many values/);
});
