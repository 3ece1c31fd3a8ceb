// The tests' first step: dist/ must be what src/ says, and the page what web/ says. Were the page built by the first test that opens
// it, servers of other tests would be asked for it while it is half there.
import { spawnSync } from "node:child_process";

export default function setup(): void {
  for (const script of ["bin/build.js", "scripts/build-web.js"]) {
    const result = spawnSync(process.execPath, [script], { encoding: "utf8" });
    if (result.status !== 0) throw new Error(`${script} failed:\n${result.stdout}${result.stderr}`);
  }
}
