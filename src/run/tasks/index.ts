export type { Pixels } from "../media/image/index.ts";
export { checkOptions } from "./inputs.ts";
export { readNamedTensor } from "./named-tensor.ts";
export { pickTask } from "./pick.ts";
export { readPixels } from "./picture-input.ts";
export { TASKS } from "./table.ts";
export type {
  StepTime,
  Task,
  TaskContext,
  TaskEvent,
  TaskExample,
  TaskHead,
  TaskInput,
  TaskRow,
  TaskSession,
  TaskStream,
} from "./task.ts";
export { askedOf } from "./tensors/frames.ts";
