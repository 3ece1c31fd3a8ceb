import { z } from "zod";
import { DATATYPES } from "./datatypes.ts";

const name = z.string().meta({ description: "Name in the model" });
const parameters = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .meta({ description: "Further settings; unknown ones are ignored" });
const id = z.string().max(256).meta({ description: "Given back in the answer" });
const datatype = z.enum(DATATYPES);

/** An element as JSON writes it: NaN and the infinities, which JSON lacks, are these three strings. */
const element = z.union([
  z.number(),
  z.boolean(),
  z.string().meta({ description: 'BYTES; for FP16, FP32 and FP64 also "NaN", "Infinity" and "-Infinity"' }),
]);

const data = z.array(z.union([element, z.array(z.unknown())])).meta({
  description:
    "Elements in row-major order, flat or nested along the shape. INT64 and UINT64 keep every digit.",
});

export const InferInput = z
  .object({
    name,
    shape: z.array(z.int().min(0)).meta({ description: "Lengths of the dimensions" }),
    datatype,
    data,
    parameters: parameters.optional(),
  })
  .meta({ id: "InferInput" });

export const InferOutput = z
  .object({ name, shape: z.array(z.int().min(0)), datatype, data })
  .meta({ id: "InferOutput" });

export const InferParameters = z
  .looseObject({
    sequence_id: z
      .union([z.int().min(0), z.string()])
      .optional()
      .meta({ description: "Names a stream of a stateful model, whose states the server carries" }),
    sequence_start: z
      .boolean()
      .optional()
      .meta({ description: "Begins the stream anew, its states at zero" }),
    sequence_end: z.boolean().optional().meta({ description: "Closes the stream behind this frame" }),
    timeout: z.number().min(0).optional().meta({
      description:
        "Microseconds in which the request is answered or refused with 504, as Triton's schedule policy extension has it: 1000000 is a second; 0 sets no limit of its own",
    }),
  })
  .meta({ id: "InferParameters" });

export const InferRequest = z
  .object({
    id: id.optional(),
    parameters: InferParameters.optional(),
    inputs: z.array(InferInput),
    outputs: z
      .array(z.object({ name, parameters: parameters.optional() }))
      .optional()
      .meta({ description: "Outputs to answer, in this order; all where left out" }),
  })
  .meta({
    id: "InferRequest",
    examples: [{ inputs: [{ name: "x", shape: [1, 2], datatype: "FP32", data: [0.5, 1.5] }] }],
  });

export const InferResponse = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: id.optional(),
    outputs: z.array(InferOutput),
  })
  .meta({ id: "InferResponse" });

export const ServerMetadata = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: "ServerMetadata" });

const TensorMetadata = z.object({
  name,
  datatype: z.string(),
  shape: z.array(z.int()).meta({ description: "-1 stands for any length" }),
});

export const ModelMetadata = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(TensorMetadata),
    outputs: z.array(TensorMetadata),
  })
  .meta({ id: "ModelMetadata" });

export const Live = z.object({ live: z.literal(true) }).meta({ id: "Live" });
export const Ready = z
  .object({
    live: z.literal(true),
    ready: z.boolean(),
    models: z.object({
      ready: z.number().int(),
      coming: z.number().int().describe("Waiting, being fetched or being loaded."),
      unavailable: z.number().int(),
    }),
    error: z.string().optional(),
  })
  .meta({ id: "Ready" });
export const ModelReady = z.object({ name: z.string(), ready: z.literal(true) }).meta({ id: "ModelReady" });
export const ModelNames = z.object({ models: z.array(z.string()) }).meta({ id: "ModelNames" });
