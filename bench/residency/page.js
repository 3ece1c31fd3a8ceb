// docs/bench/residency.md: each section says how it was measured, so that one can be measured again without the others.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";

const TITLE = "# Models under one budget, measured";
const INTRODUCTION = `\`node bench/residency/run.js\` measures all of this. Memory is the proportional set size of the server and all its processes. Times are
those of a clock: beside other work on the same processors they are longer, and high percentiles say little.`;

/** Processes that wanted a processor during the last minute, for each that the machine has. */
export function crowd() {
  return loadavg()[0] / cpus().length;
}

/**
 * @param {string} command as it was given
 * @param {number} before what `crowd` said before anything was measured
 */
export function howMeasured(command, before) {
  const others = before < 0.5 ? "little else" : `other work: ${before.toFixed(1)} processes for each`;
  const text = `\`${command}\`, on ${cpus()[0]?.model.trim()}, ${cpus().length} threads, Node ${process.version}, beside ${others}.`;
  return text;
}

/** In this order. */
const HEADINGS = [
  "A Zipf pattern, models in threads",
  "A Zipf pattern, models in processes",
  "Giving memory back",
  "SIGKILL",
  "While another model is loaded and compiled",
];

/** Sections by their heading. */
function sectionsOf(text) {
  const [, ...parts] = text.split(/^## /m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf("\n")), `## ${part.trimEnd()}\n`]));
}

/** The page with these sections in place of those of the same heading; what was not measured now stays. */
export function pageWith(path, sections) {
  const all = existsSync(path) ? sectionsOf(readFileSync(path, "utf8")) : new Map();
  for (const [heading, section] of sectionsOf(`\n${sections.join("\n")}`)) all.set(heading, section);
  const present = HEADINGS.filter((heading) => all.has(heading));
  return `${TITLE}\n\n${INTRODUCTION}\n\n${present.map((heading) => all.get(heading)).join("\n")}`;
}

export function writePage(path, sections) {
  writeFileSync(path, pageWith(path, sections));
}
