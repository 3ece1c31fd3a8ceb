// Prints every skipped test with its reason, and one plain closing line. With MODELYARD_NO_SKIPS=1 (as .ci/run
// sets it) a skip is a failure: on that machine nothing may be missing.
import type { Reporter, TestModule } from "vitest/node";

export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    let passed = 0;
    let failed = 0;
    const skipped: string[] = [];
    for (const module of modules) {
      if (module.state() === "failed" && module.errors().length > 0) failed++;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") passed++;
        else if (result.state === "failed") failed++;
        else
          skipped.push(
            `  ${test.fullName}: ${(result.state === "skipped" && result.note) || "no reason given"}`,
          );
      }
    }
    if (skipped.length > 0) process.stdout.write(`\nSkipped, with the reason:\n${skipped.join("\n")}\n`);
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
    if (skipped.length > 0 && process.env.MODELYARD_NO_SKIPS === "1") {
      process.stdout.write("A skip is a failure here (MODELYARD_NO_SKIPS=1).\n");
      process.exitCode = 1;
    }
  }
}
