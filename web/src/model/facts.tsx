import type { ModelDetail } from "../../../src/client/index.ts";

/** What identifies the model, and how it is served. */
export function Facts({ model }: { model: ModelDetail }) {
  const { version, versions, digest, license, platform, stateful, maxBatch, device } = model;
  const others = versions.filter((other) => other !== version);
  const facts: [string, string][] = [
    ["Version", others.length > 0 ? `${version} (also ${others.join(", ")})` : version],
    ["Digest", `sha256 ${digest}`],
    ["Runs in", platform],
    ["Requests", requestsOf(stateful, maxBatch)],
  ];
  if (device) facts.push(["Device", deviceText(device)]);
  if (license) facts.push(["Licence", license]);
  return (
    <section>
      <h2>Facts</h2>
      <dl>
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd class={term === "Digest" ? "code" : ""}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function requestsOf(stateful: boolean, maxBatch: number): string {
  if (stateful) return "belong to a stream, which remembers what came before";
  return maxBatch > 1 ? `that wait go out together, at most ${maxBatch}` : "go out one by one";
}

/** "webgpu, 41 of 60 nodes there" */
function deviceText({ name, reason, placement }: NonNullable<ModelDetail["device"]>): string {
  const share = placement?.shares.find(({ device }) => device === name);
  const where = placement ? `${name}, ${share?.nodes ?? 0} of ${placement.nodes} nodes there` : name;
  return reason === "" ? where : `${where}: ${reason}`;
}
