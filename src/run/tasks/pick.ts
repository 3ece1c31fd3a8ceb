import { fail } from "../../base/errors/index.ts";
import type { Contract } from "../../model/contract/contract.ts";
import { TASKS } from "./table.ts";
import type { TaskRow } from "./task.ts";

/** Fits every model. */
const NAMED_TENSORS = TASKS.at(-1) as TaskRow;

/**
 * The task of a model: the one that its contract names, else the first that fits, else named tensors. A task that a
 * person wrote must fit; one that was declared or inferred gives way to named tensors.
 * @param where line at which the person wrote it
 * @throws TASK_UNKNOWN, TASK_MISFIT
 */
export function pickTask(contract: Contract, where?: string): TaskRow {
  const place = where === undefined ? {} : { where };
  const { task: id } = contract;
  if (id === null) return TASKS.find((task) => task.match(contract).fits) ?? NAMED_TENSORS;
  const written = contract.evidence.some(
    ({ field, confidence }) => field === "task" && confidence === "written",
  );
  const task = TASKS.find((each) => each.id === id);
  if (!task) {
    if (!written) return NAMED_TENSORS;
    throw fail("TASK_UNKNOWN", { task: id, known: TASKS.map((each) => each.id).join(", ") }, place);
  }
  const match = task.match(contract);
  if (match.fits) return task;
  if (!written) return NAMED_TENSORS;
  throw fail("TASK_MISFIT", { task: id, reason: match.reason }, place);
}
