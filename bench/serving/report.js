// Medians, ratios of medians and ranges, as Markdown.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const whole = (value) => Math.round(value).toLocaleString("en-US");
const millis = (micros) => (micros / 1000).toFixed(micros < 10_000 ? 2 : 1);
const mega = (bytes) => `${Math.round(bytes / 1e6)} MB`;
const range = (values, write) => `${write(Math.min(...values))}–${write(Math.max(...values))}`;
const rate = (cell) => (cell.requests / cell.micros) * 1e6;

/**
 * @param cells [{key, name, connections, requests, micros, p50, p99, failed, processor}], one a measurement
 * @returns one row a contender and number of connections
 */
export function summarise(cells) {
  const groups = Map.groupBy ? Map.groupBy(cells, keyOf) : groupBy(cells, keyOf);
  return [...groups.values()].map((rounds) => ({
    key: rounds[0].key,
    name: rounds[0].name,
    connections: rounds[0].connections,
    rates: rounds.map(rate),
    rate: median(rounds.map(rate)),
    p50: median(rounds.map((r) => r.p50)),
    p99: median(rounds.map((r) => r.p99)),
    processor: median(rounds.map((r) => (r.processor / r.requests) * 1e6)),
    failed: rounds.reduce((sum, r) => sum + r.failed, 0),
  }));
}

const keyOf = (cell) => `${cell.key} ${cell.connections}`;

/** Map.groupBy came with Node 21. */
function groupBy(values, key) {
  const groups = new Map();
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  return groups;
}

export function table(rows, memory) {
  const lines = [
    "| contender | connections | requests/s, median (range) | p50 ms | p99 ms | CPU µs a request | peak RSS | failed |",
    "|---|---|---|---|---|---|---|---|",
  ];
  for (const r of rows) {
    lines.push(
      `| ${r.name} | ${r.connections} | ${whole(r.rate)} (${range(r.rates, whole)}) | ${millis(r.p50)} | ${millis(r.p99)} | ${whole(r.processor)} | ${mega(memory[r.key])} | ${r.failed} |`,
    );
  }
  return lines.join("\n");
}

/**
 * @param goals [{what, of, to, connections, field, least | most}]: the field of `of` divided by that of `to`
 * @returns lines with the ratio of medians, the range of the rounds' own ratios, the goal, and whether it was met
 */
export function goals(wanted, rows) {
  const find = (key, connections) => rows.find((r) => r.key === key && r.connections === connections);
  const lines = ["| ratio of medians | value (each round's) | goal | |", "|---|---|---|---|"];
  for (const goal of wanted) {
    const a = find(goal.of, goal.connections);
    const b = find(goal.to, goal.toConnections ?? goal.connections);
    if (!a || !b) continue;
    const ratio = a[goal.field] / b[goal.field];
    const each = goal.field === "rate" ? a.rates.map((v, i) => v / b.rates[i]) : [ratio];
    const met = goal.least !== undefined ? ratio >= goal.least : ratio <= goal.most;
    const limit = goal.least !== undefined ? `at least ${goal.least}` : `at most ${goal.most}`;
    const decimals = (value) => value.toFixed(2);
    lines.push(
      `| ${goal.what} | ${ratio.toFixed(3)} (${range(each, decimals)}) | ${limit} | ${met ? "met" : "**lost**"} |`,
    );
  }
  return lines.length > 2 ? lines.join("\n") : "";
}

/** What the figures were made on. */
export function machine(python) {
  const own = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const versions = [
    `Node ${process.versions.node}`,
    `onnxruntime-node ${own.dependencies["onnxruntime-node"]}`,
  ];
  versions.push(`Fastify ${own.dependencies.fastify}`, `sharp ${own.dependencies.sharp}`);
  versions.push(first("wrk", ["-v"]).replace(/ \[.*/, ""));
  if (python) {
    const script =
      "import fastapi, uvicorn, onnxruntime, sys; print('Python', sys.version.split()[0], '· FastAPI', fastapi.__version__, '· uvicorn', uvicorn.__version__, '· onnxruntime', onnxruntime.__version__)";
    versions.push(first(python, ["-c", script]));
  }
  const processors = cpus();
  const load = loadavg().map((l) => l.toFixed(1));
  return [
    `${processors.length} × ${processors[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}.`,
    `${versions.join(" · ")}.`,
    `Load averages before the run ${load.join(", ")}.`,
  ].join("\n");
}

function first(command, args) {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).split(
      "\n",
    )[0];
  } catch (error) {
    // wrk -v prints its version and exits with 1.
    return String(error.stdout ?? "").split("\n")[0] || `${command}: no version`;
  }
}
