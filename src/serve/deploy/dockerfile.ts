/** What an image holds. */
export interface ImagePlan {
  /** What npm installs: "modelyard@1.2.3", or the name of a tarball in the build's folder. */
  readonly package: string;
  readonly isTarball: boolean;
  /** Folder of models, from the build's folder; null where they are mounted at /models when the image runs. */
  readonly models: string | null;
}

/** The first line of every file that is written here: what bears it may be written again. */
export const MARK = "# Made by `modelyard deploy`";

/** A user without a name or a home: numeric, since Kubernetes' runAsNonRoot looks at the number. */
const USER = "10001:10001";
const NPMRC = "--mount=type=secret,id=npmrc,target=/root/.npmrc";
const PROGRAM = "/app/node_modules/modelyard/bin/modelyard.js";
/** Without curl, which slim images lack. */
const HEALTH =
  "fetch('http://127.0.0.1:8080/v2/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))";

/**
 * A multi-stage Dockerfile. What is fetched, compiled and thrown away stays in its first stage; the second has Node, one
 * platform's runtime, the models and their artefacts, and writes to /data alone.
 */
export function dockerfile({ package: spec, isTarball, models }: ImagePlan): string {
  const install = isTarball ? `./${spec}` : spec;
  const mounted = models === null ? " -v ./models:/models:ro -v cache:/cache" : "";
  return `${MARK} docker; it is yours to change.
#   docker build -t models .
#   docker run --init --read-only -p 8080:8080 -e MODELYARD_API_KEY -v data:/data${mounted} models
# With --init a signal ends also a server that Node is still loading; as a container's first process it would not hear it.
# Settings of npm, such as another registry and its token, come as a secret, which no layer keeps:
#   docker build -t models --secret id=npmrc,src=$HOME/.npmrc .
ARG BASE=node:22-bookworm-slim

FROM \${BASE} AS build
WORKDIR /app
# The runtime's install step would fetch GPU libraries of some 100 MB, which nothing here uses.
ENV NODE_ENV=production ONNXRUNTIME_NODE_INSTALL=skip
${isTarball ? `COPY [${json(spec)}, "./"]\n` : ""}RUN ${NPMRC} \\
    npm install --ignore-scripts --no-audit --no-fund ${install}
# Packages that carry every platform keep this one.
RUN here=$(node -p 'process.platform + "/" + process.arch') \\
    && cd node_modules/onnxruntime-node/bin/* \\
    && for each in */*; do [ "$each" = "$here" ] || rm -r "$each"; done \\
    && find . -type d -empty -delete
RUN here=$(node -p 'process.platform + "-" + process.arch') \\
    && cd node_modules/@photostructure/sqlite/prebuilds \\
    && for each in *; do case "$each" in "$here"*) ;; *) rm -r "$each" ;; esac; done
${models === null ? MOUNTED : bakedIn(models)}
FROM \${BASE}
ENV NODE_ENV=production MODELYARD_CACHE=/cache MODELYARD_DATA=/data
COPY --from=build /app/node_modules /app/node_modules
${models === null ? "" : "COPY --from=build /models /models\n"}COPY --from=build --chown=${USER} /cache /cache
COPY --from=build --chown=${USER} /data /data
USER ${USER}
# The record of predictions, and the keys. Without it the root may be read-only all the same.
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \\
    CMD ["node", "-e", ${json(HEALTH)}]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", ${json(PROGRAM)}]
# Beyond its own machine the server starts with a key alone: MODELYARD_API_KEY, or one that \`keys create\` made in /data.
CMD ["serve", "/models", "--host", "0.0.0.0"]
`;
}

function bakedIn(models: string): string {
  return `# Models from elsewhere are fetched, those of other formats converted, and all compiled for the kind of processor that builds;
# on another kind they are served from their files, and compiled anew where /cache is writable. Sealed, what npm brought is found without
# its registry.
COPY [${json(models)}, "/models"]
# Layers keep times to the second, and by its time a file of weights is known again. Whoever copied the models may have been the only
# one to read them; the server has another user.
RUN chmod -R a+rX /models && find /models -exec touch -d @0 {} + && mkdir -p /cache /data
RUN ${NPMRC} \\
    node ${PROGRAM} compile /models --cache /cache --seal
`;
}

const MOUNTED = `# Models are mounted at /models; what is made of them lies in /cache.
RUN mkdir -p /cache /data
`;

/** An argument that may hold spaces: the list form of COPY and CMD is JSON. */
function json(text: string): string {
  return JSON.stringify(text);
}
