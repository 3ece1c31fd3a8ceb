import { join } from "node:path";
import type { Command } from "commander";
import { packageVersion } from "../base/node/version.ts";
import { writeDeployment } from "../serve/deploy/index.ts";
import type { Terminal } from "./terminal.ts";

interface DeployCommandOptions {
  output: string;
  mount?: boolean;
  package?: string;
}

export function define(command: Command, terminal: Terminal): void {
  const part = (name: "docker" | "compose", summary: string) =>
    command
      .command(name)
      .description(summary)
      .argument("[folder]", "the models that the image holds", "models")
      .requiredOption("-o, --output <folder>", "where the files go; what is not of this command stays")
      .option("--mount", "leave the models out: they are mounted at /models when the image runs")
      .option("--package <spec>", "what npm installs into the image: a version, or a tarball of `npm pack`")
      .option("--json", "print JSON for programs")
      .action((folder: string, options: DeployCommandOptions) => deploy(name, folder, options, terminal));
  part("docker", "a Dockerfile for a folder of models, and all that an image is built of").addHelpText(
    "after",
    "\nExample:\n  $ modelyard deploy docker models -o image && docker build -t models image",
  );
  part("compose", "the same with a compose.yaml").addHelpText(
    "after",
    "\nExample:\n  $ modelyard deploy compose models -o image && docker compose --project-directory image up --build",
  );
  command.addHelpText("after", "\nExample:\n  $ modelyard deploy docker models -o image");
}

async function deploy(
  kind: "docker" | "compose",
  folder: string,
  { output, mount = false, package: spec }: DeployCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const deployed = await writeDeployment({
    out: output,
    models: mount ? null : folder,
    package: spec ?? `modelyard@${packageVersion()}`,
    compose: kind === "compose",
  });
  terminal.answer(deployed, () => {
    const how =
      kind === "docker"
        ? `docker build -t models ${output}`
        : `docker compose --project-directory ${output} up --build`;
    return [
      `${output} holds what the image is built of: ${deployed.files.join(", ")}`,
      `  ${how}`,
      ...(deployed.left ?? []).map(
        (path) => `${join(output, path)} is there from before, and gets in too: remove it if it should not.`,
      ),
      "It starts with a key alone: set MODELYARD_API_KEY.",
    ].join("\n");
  });
}
