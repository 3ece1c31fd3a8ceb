// Prints every skipped test with its reason, every test that passed only when it was run again, and one plain closing
// line. With MODELYARD_NO_SKIPS=1 (as .ci/run sets it) a skip is a failure: on that machine nothing may be missing.
import type { Reporter, TestModule } from "vitest/node";

export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    let passed = 0;
    let failed = 0;
    const skipped: string[] = [];
    const repeated: string[] = [];
    for (const module of modules) {
      if (module.state() === "failed" && module.errors().length > 0) failed++;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") {
          passed++;
          // A test that passed keeps the errors of its attempts that did not.
          const first = result.errors?.[0]?.message.split("\n", 1)[0];
          if (test.diagnostic()?.flaky)
            repeated.push(`  ${module.relativeModuleId}: ${test.fullName}: at first ${first || "it failed"}`);
        } else if (result.state === "failed") failed++;
        else
          skipped.push(
            `  ${test.fullName}: ${(result.state === "skipped" && result.note) || "no reason given"}`,
          );
      }
    }
    if (skipped.length > 0) process.stdout.write(`\nSkipped, with the reason:\n${skipped.join("\n")}\n`);
    if (repeated.length > 0) process.stdout.write(`\nPassed only when repeated:\n${repeated.join("\n")}\n`);
    const again = repeated.length > 0 ? `, ${repeated.length} passed only when repeated` : "";
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped${again}\n`);
    if (skipped.length > 0 && process.env.MODELYARD_NO_SKIPS === "1") {
      process.stdout.write("A skip is a failure here (MODELYARD_NO_SKIPS=1).\n");
      process.exitCode = 1;
    }
  }
}
