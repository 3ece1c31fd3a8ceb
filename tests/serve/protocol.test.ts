// The Open Inference Protocol on models of every element type, over real sockets.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { fixtureModel } from "./catalogue.ts";
import { ask, post, startTestServer, type TestServer, talk } from "./server.ts";

const TYPES = {
  bool: "BOOL",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
  string: "BYTES",
} as const;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    models: [
      ...Object.keys(TYPES).map((type) => fixtureModel(`identity-${type}`)),
      fixtureModel("identity-float16", { name: "identity-bfloat16", dtype: "bfloat16" }),
      fixtureModel("log"),
      fixtureModel("scalar"),
      fixtureModel("odd-names", { name: "a: b/c 100% größer" }),
      fixtureModel("identity-int8", { name: "two", version: "1" }),
      fixtureModel("identity-int16", { name: "two", version: "2" }),
    ],
    identity: { name: "test", version: "9" },
  });
});
afterAll(() => server.close());

/** Sends data as JSON text, so that every digit is the test's own. */
async function echo(type: keyof typeof TYPES, data: string, shape = "[1, 3]") {
  const body = `{"inputs": [{"name": "x", "datatype": "${TYPES[type]}", "shape": ${shape}, "data": ${data}}]}`;
  return post(`${server.url}/v2/models/identity-${type}/infer`, body);
}

function dataText(text: string): string | undefined {
  return /"data":(\[.*\])\}\]\}$/s.exec(text)?.[1];
}

describe("elements come back as they went in", () => {
  test.each<[keyof typeof TYPES, string, string]>([
    ["bool", "[true, false, true]", "[true,false,true]"],
    ["uint8", "[0, 255, 7]", "[0,255,7]"],
    ["uint16", "[0, 65535, 7]", "[0,65535,7]"],
    ["uint32", "[0, 4294967295, 7]", "[0,4294967295,7]"],
    ["uint64", "[0, 18446744073709551615, 9007199254740993]", "[0,18446744073709551615,9007199254740993]"],
    ["int8", "[-128, 127, 1e2]", "[-128,127,100]"],
    ["int16", "[-32768, 32767, 1.0]", "[-32768,32767,1]"],
    ["int32", "[-2147483648, 2147483647, -0]", "[-2147483648,2147483647,0]"],
    [
      "int64",
      "[-9223372036854775808, 9223372036854775807, -9007199254740993]",
      "[-9223372036854775808,9223372036854775807,-9007199254740993]",
    ],
    ["float16", "[0.1, -65504, 6e-8]", "[0.099975586,-65504,5.9604645e-8]"],
    ["float32", "[0.1, 16777217, 3.4028235e38]", "[0.1,16777216,3.4028235e+38]"],
    ["float64", "[0.1, 1e308, 5e-324]", "[0.1,1e+308,5e-324]"],
    ["string", '["", "a\\"\\u00e4\\n😀", "\\ud83d\\ude00"]', '["","a\\"ä\\n😀","😀"]'],
  ])("%s", async (type, sent, received) => {
    const answer = await echo(type, sent);
    expect(answer.text.slice(0, 300)).toContain(`"datatype":"${TYPES[type]}","shape":[1,3]`);
    expect(dataText(answer.text)).toBe(received);
  });

  test("large integers nested along the shape keep their digits", async () => {
    const answer = await echo("int64", "[[1, 9007199254740993], [3, 9223372036854775807]]", "[2, 2]");
    expect(dataText(answer.text)).toBe("[1,9007199254740993,3,9223372036854775807]");
  });

  test("what JSON has no number for is written as text, and read from it", async () => {
    for (const type of ["float32", "float64", "float16"] as const) {
      const answer = await echo(type, '["NaN", "Infinity", "-Infinity"]');
      expect(dataText(answer.text)).toBe('["NaN","Infinity","-Infinity"]');
    }
    const log = await post(`${server.url}/v2/models/log/infer`, {
      inputs: [{ name: "x", datatype: "FP32", shape: [3], data: [-1, 0, 1] }],
    });
    expect(log.json.outputs[0].data).toEqual(["NaN", "-Infinity", 0]);
  });

  test("a scalar has an empty shape, its data in a list or not", async () => {
    for (const data of [[2.5], 2.5]) {
      const answer = await post(`${server.url}/v2/models/scalar/infer`, {
        inputs: [{ name: "x", datatype: "FP32", shape: [], data }],
      });
      expect(answer.json.outputs).toEqual([{ name: "y", datatype: "FP32", shape: [], data: [2.5] }]);
    }
  });

  test("an inner dimension may be empty", async () => {
    const answer = await echo("float32", "[]", "[2, 0]");
    expect(answer.json.outputs).toEqual([{ name: "y", datatype: "FP32", shape: [2, 0], data: [] }]);
  });
});

describe("numbers that do not fit are refused, never changed", () => {
  test.each<[keyof typeof TYPES, string]>([
    ["bool", "1"],
    ["bool", '"true"'],
    ["uint8", "-1"],
    ["uint8", "256"],
    ["uint8", "true"],
    ["uint16", "65536"],
    ["uint32", "4294967296"],
    ["uint32", "-1"],
    ["uint64", "-1"],
    ["uint64", "18446744073709551616"],
    ["uint64", "1e30"],
    ["int8", "128"],
    ["int8", "-129"],
    ["int8", "0.5"],
    ["int16", "32768"],
    ["int32", "2147483648"],
    ["int32", "-2147483649"],
    ["int32", "4294967297"],
    ["int64", "9223372036854775808"],
    ["int64", "-9223372036854775809"],
    ["int64", "0.5"],
    ["int64", "9007199254740993.5"],
    ["int64", "1e19"],
    ["int64", '"1"'],
    ["int64", "null"],
    ["float16", "65520"],
    ["float16", '"1"'],
    ["float32", "3.5e38"],
    ["float32", "1e999"],
    ["float32", '"1"'],
    ["float32", "null"],
    ["float32", "true"],
    ["float32", '"nan"'],
    ["float32", '{"valueOf": 1, "toString": 2}'],
    ["float64", "1e999"],
    ["float64", "-1e400"],
    ["float64", "[]"],
    ["string", "1"],
    ["string", "null"],
    ["string", '"\\ud800"'],
    ["string", '"x\\udc00"'],
  ])("%s: %s", async (type, element) => {
    const fine = type === "string" ? '"a"' : type === "bool" ? "true" : "1";
    const answer = await echo(type, `[${fine}, ${fine}, ${element}]`);
    expect(answer.status, answer.text).toBe(400);
    expect(answer.json).toMatchObject({ code: "SERVE_VALUE", error: expect.stringContaining("Element 2") });
  });
});

describe("what the server says of itself and its models", () => {
  test("server metadata with and without a slash", async () => {
    for (const path of ["/v2", "/v2/"]) {
      const { json } = await ask(server.url + path);
      expect(json).toEqual({ name: "test", version: "9", extensions: ["sequence", "schedule_policy"] });
    }
  });

  test("health", async () => {
    expect((await ask(`${server.url}/v2/health/live`)).json).toEqual({ live: true });
    const { json } = await ask(`${server.url}/v2/health/ready`);
    expect(json).toEqual({
      live: true,
      ready: true,
      models: { ready: expect.any(Number), coming: 0, unavailable: 0 },
    });
    expect(json.models.ready).toBeGreaterThan(1);
    expect((await ask(`${server.url}/v2/health/ready?models=all`)).status).toBe(200);
  });

  test("readiness of one model and of all are told apart while some are fetched or failed", async () => {
    const other = await startTestServer({ models: [fixtureModel("identity-int8")] });
    onTestFinished(() => other.close());
    const ready = (query = "") => ask(`${other.url}/v2/health/ready${query}`);
    expect((await ready("?models=all")).status).toBe(200);
    other.catalogue.announce({ name: "far", version: "1", state: "fetching", reason: "" });
    expect((await ready()).json).toMatchObject({ ready: true, models: { ready: 1, coming: 1 } });
    const whole = await ready("?models=all");
    expect(whole.status).toBe(503);
    expect(whole.json).toMatchObject({ ready: false, error: expect.stringMatching(/^1 of the models/) });
    expect(JSON.stringify(whole.json)).not.toContain("far");
    other.catalogue.announce({ name: "broken", version: "1", state: "unavailable", reason: "cut off" });
    expect((await ready("?models=all")).json.models).toEqual({ ready: 1, coming: 1, unavailable: 1 });
    expect((await ready()).status).toBe(200);
  });

  test("a name with every odd character is reached percent-encoded", async () => {
    const path = `${server.url}/v2/models/${encodeURIComponent("a: b/c 100% größer")}`;
    const { json } = await ask(path);
    expect(json).toMatchObject({
      name: "a: b/c 100% größer",
      versions: ["1"],
      platform: "onnxruntime_onnx",
      inputs: [{ name: "in: 100%/größer", datatype: "FP32", shape: [-1] }],
      outputs: [{ name: "out put", datatype: "FP32", shape: [-1] }],
    });
    expect((await ask(`${path}/ready`)).json).toEqual({ name: "a: b/c 100% größer", ready: true });
    const answer = await post(`${path}/versions/1/infer`, {
      inputs: [{ name: "in: 100%/größer", datatype: "FP32", shape: [1], data: [7] }],
      outputs: [{ name: "out put" }],
    });
    expect(answer.json.outputs).toEqual([{ name: "out put", datatype: "FP32", shape: [1], data: [7] }]);
  });

  test("every model is named", async () => {
    const { json } = await ask(`${server.url}/v2/models`);
    expect(json.models).toContain("two");
    expect(json.models.filter((name: string) => name === "two")).toHaveLength(1);
  });

  test("versions are told apart, and the newest answers where none is named", async () => {
    const datatype = async (path: string) =>
      (await ask(`${server.url}/v2/models/${path}`)).json.inputs[0].datatype;
    expect(await datatype("two")).toBe("INT16");
    expect(await datatype("two/versions/1")).toBe("INT8");
    expect(await datatype("two/versions/2")).toBe("INT16");
  });

  test.each(["nobody", "two/versions/3", "two/versions/x", "nobody/ready", "nobody/versions/1/ready"])(
    "%s is not here",
    async (path) => {
      const answer = await ask(`${server.url}/v2/models/${path}`);
      expect(answer.status).toBe(404);
      expect(answer.json.error).toBeTypeOf("string");
    },
  );

  test("a model that is still fetched says how far it is", async () => {
    const progress = { done: 40, total: 100 };
    server.catalogue.announce({ name: "coming", version: "1", state: "fetching", reason: "40 %", progress });
    for (const answer of [
      await ask(`${server.url}/v2/models/coming`),
      await post(`${server.url}/v2/models/coming/infer`, {}),
      await post(`${server.url}/models/coming`, { inputs: 1 }),
    ]) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get("retry-after")).toBe("2");
      expect(answer.json).toMatchObject({ code: "MODEL_NOT_READY", state: "fetching", progress });
    }
  });
});

describe("the frame of a request", () => {
  const input = { name: "x", datatype: "INT8", shape: [1, 1], data: [5] };

  test("id is given back, parameters of others are ignored", async () => {
    const answer = await post(`${server.url}/v2/models/identity-int8/infer`, {
      id: 'r "1" ä',
      parameters: { priority: 1, headers: "x", sequence_id: 0, binary_data_output: false },
      inputs: [{ ...input, parameters: { mine: true } }],
      outputs: [{ name: "y", parameters: { binary_data: false } }],
      more: { is: ["ignored"] },
    });
    expect(answer.json).toEqual({
      model_name: "identity-int8",
      model_version: "1",
      id: 'r "1" ä',
      outputs: [{ name: "y", datatype: "INT8", shape: [1, 1], data: [5] }],
    });
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
  });

  test.each(["application/x-www-form-urlencoded", "text/plain", "image/png", "nonsense", ""])(
    "JSON is read under the content type %j",
    async (type) => {
      const answer = await post(
        `${server.url}/v2/models/identity-int8/infer`,
        { inputs: [input] },
        { "content-type": type },
      );
      expect(answer.json.outputs[0].data).toEqual([5]);
    },
  );

  test("a byte order mark and white space do not matter", async () => {
    const answer = await post(
      `${server.url}/v2/models/identity-int8/infer`,
      `\ufeff \n${JSON.stringify({ inputs: [input] })}\n`,
    );
    expect(answer.json.outputs[0].data).toEqual([5]);
  });

  test("every answer carries the request's id, the client's own if it is sane", async () => {
    const given = await ask(`${server.url}/v2`, { headers: { "x-request-id": "job-17/3" } });
    expect(given.headers.get("x-request-id")).toBe("job-17/3");
    for (const odd of ["a b", "x".repeat(129), "<script>"]) {
      const made = await ask(`${server.url}/v2`, { headers: { "x-request-id": odd } });
      expect(made.headers.get("x-request-id")).toMatch(/^[\w-]{16}\.\d+$/);
    }
    // Also where another server stands behind a route, and where there is none.
    const pages = ["/", "/docs/", "/docs/static/swagger-ui.css", "/openapi.json", "/metrics"];
    const others = ["/models", "/no", "/models/identity-int8", "/v2/health/ready", "/models/%ff%zz"];
    const headers = { "x-request-id": "of-mine" };
    for (const path of [...pages, ...others]) {
      const text = await talk(
        server.port,
        `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: of-mine\r\nConnection: close\r\n\r\n`,
      );
      expect(text.match(/^x-request-id: .*$/gim), path).toEqual(["x-request-id: of-mine"]);
    }
    const answered = await post(`${server.url}/v2/models/identity-int8/infer`, { inputs: [input] }, headers);
    expect([answered.status, answered.headers.get("x-request-id")]).toEqual([200, "of-mine"]);
  });

  test("a type that JSON cannot carry is shown, and refused with a reason", async () => {
    const { json } = await ask(`${server.url}/v2/models/identity-bfloat16`);
    expect(json.inputs).toEqual([{ name: "x", datatype: "BF16", shape: [-1, -1] }]);
    const body = { inputs: [{ ...input, datatype: "BF16" }] };
    const answer = await post(`${server.url}/v2/models/identity-bfloat16/infer`, body);
    expect(answer.status).toBe(400);
    expect(answer.json.code).toBe("SERVE_DATATYPE_NO_JSON");
  });
});
