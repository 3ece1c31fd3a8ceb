// The page of a sweep: one line a model, what the device computes of it and whether it answers as the processor does.
const TITLES = {
  faster: "as the processor",
  slower: "as the processor",
  differs: "**otherwise**",
  unused: "nothing of it",
  fails: "**fails**",
  unknown: "**not tried**",
};

/** @param rows as sweep.js prints them */
export function pageOf(rows, device, driver) {
  const counts = new Map();
  for (const { verdict } of rows) counts.set(TITLES[verdict], (counts.get(TITLES[verdict]) ?? 0) + 1);
  const summary = [...counts].map(([title, count]) => `${count} ${title.replaceAll("*", "")}`).join(", ");
  const lines = rows.map((row) => {
    const { name, placed, nodes } = row;
    const part = nodes ? `${placed[device] ?? 0} of ${nodes}` : "";
    return `| \`${name}\` | ${part} | ${TITLES[row.verdict]} | ${figureOf(row)} |`;
  });
  return `# Every real model on ${device}

Written by \`node bench/devices/sweep.js --device ${device} --page docs/bench/devices.md\`, with the driver
\`${driver}\`: ${rows.length} models, ${summary}.
Inputs are made up, of one row: three of them, or one where a run takes seconds on a driver in software. The figure is the largest
difference from the processor, as a part of the output's largest value; where it is too large, what \`auto\` says of it.

| model | nodes there | answers | by |
| --- | --- | --- | --- |
${lines.join("\n")}
`;
}

function figureOf({ verdict, error, reason }) {
  if (verdict === "faster" || verdict === "slower") return error === 0 ? "0" : error.toExponential(0);
  return verdict === "unused" ? "" : reason.replace(/^[^:]*: /, "");
}
