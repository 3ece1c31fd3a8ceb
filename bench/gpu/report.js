// The page that the figures go into.

const number = (value, digits = 1) =>
  value === null || value === undefined ? "" : value >= 1000 ? value.toFixed(0) : value.toFixed(digits);
const milliseconds = (value) => number(value, value < 10 ? 2 : 1);
const error = (value) => (value === null || value === undefined ? "" : value.toExponential(1));

/** @returns {string} Markdown */
export function writeReport({ facts, results, problems }) {
  const titles = facts.models.map(
    ({ name, parameters }) => `${name} (${(parameters / 1e6).toFixed(1)} M parameters)`,
  );
  const main = results.filter(({ runner }) => !runner.startsWith("bare"));
  const bare = results.filter(({ runner }) => runner.startsWith("bare"));
  return `# Modelyard on a GPU, measured

\`${facts.command}\` on ${facts.date.slice(0, 10)}: ${facts.processor}; ${facts.device}; Node ${facts.node}; ${facts.maker}.
${facts.quick ? "\nSmall nets of the same operators: these figures say only that everything ran.\n" : ""}
${titles.join(" and ")}, seeded random weights; nothing was downloaded. Each case ran in a process of its own
(PyTorch: one for each device), ${facts.seconds} s after a warm-up of half as long.

- **p50, p95**: milliseconds of one call, from tensors in the caller's memory to the answer in the caller's memory.
- **rows/s**: for Modelyard with two calls at once, so that copying goes on beside computing; for PyTorch one call after the other.
- **kept**: PyTorch's p50 with input and answer left on the device. Modelyard's sessions take and give tensors in the caller's memory only.
- **error**: the largest difference from the answer in float64, or what the line above says, over that one's largest magnitude.
- **device MB**: by nvidia-smi at the end of the case, ${facts.idle === null ? "where there is one" : `${facts.idle} MB of it taken before anything ran`}. **RSS MB**: the most that the process had resident.
- PyTorch runs eagerly, without compilation.

${facts.models.map(({ name }) => mainTable(name, main)).join("\n")}
${bare.length === 0 ? "" : bareTable(bare)}${problems.length === 0 ? "" : `\n## What did not run\n\n${problems.map(({ runner, problem }) => `- ${runner}: ${problem.replace(/\s+/g, " ")}`).join("\n")}\n`}`;
}

function mainTable(model, results) {
  const rows = results.filter((row) => row.model === model);
  return `## ${model}

| batch | | p50, ms | p95, ms | rows/s | kept, ms | error | load, ms | first call, ms | device MB | RSS MB |
| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows
  .toSorted((a, b) => a.batch - b.batch)
  .map(
    (row) =>
      `| ${[row.batch, row.runner, milliseconds(row.p50), milliseconds(row.p95), number(row.throughput), milliseconds(row.kept), error(row.error), number(row.load, 0), number(row.first, 0), number(row.deviceMemory, 0), number(row.rss, 0)].join(" | ")} |`,
  )
  .join("\n")}
`;
}

function bareTable(results) {
  return `## The runtime by itself

onnxruntime-node in the main thread with no session around it, one call after the other: options that the provider may set, and what
an input that already lies on the device would save. The last column says where the nodes ran.

| net | what | batch | p50, ms | rows/s | error | nodes |
| --- | --- | ---: | ---: | ---: | ---: | --- |
${results
  .map(
    (row) =>
      `| ${[
        row.model,
        row.runner.replace("bare runtime, ", ""),
        row.batch,
        milliseconds(row.p50),
        number(row.throughput),
        error(row.error),
        Object.entries(row.nodes)
          .map(([name, count]) => `${count} ${name.replace("ExecutionProvider", "")}`)
          .join(", "),
      ].join(" | ")} |`,
  )
  .join("\n")}
`;
}
