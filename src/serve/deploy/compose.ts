import { MARK } from "./dockerfile.ts";

/**
 * A compose.yaml for the Dockerfile beside it: a read-only root, no privileges, a key that must be given, and time enough for
 * the answers under way when it is stopped.
 * @param mounted whether the models are mounted rather than in the image
 */
export function compose({ mounted }: { mounted: boolean }): string {
  const models = mounted ? "      - ./models:/models:ro\n      - cache:/cache\n" : "";
  return `${MARK} compose; it is yours to change.
#   export MODELYARD_API_KEY=$(openssl rand -hex 32)
#   docker compose up --build
services:
  modelyard:
    build:
      context: .
      # Settings of npm, such as another registry and its token: take these lines in, and those at the end.
      # secrets: [npmrc]
    environment:
      MODELYARD_API_KEY: \${MODELYARD_API_KEY:?a key of at least 16 characters, e.g. of openssl rand -hex 32}
    ports:
      # This machine alone: put something that speaks TLS in front, or say 8080:8080.
      - 127.0.0.1:8080:8080
    volumes:
${models}      - data:/data
    read_only: true
    tmpfs:
      - /tmp
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    init: true
    restart: unless-stopped
    # The server answers what it has within 25 seconds.
    stop_grace_period: 30s
volumes:
  data: {}
${mounted ? "  cache: {}\n" : ""}# secrets:
#   npmrc:
#     file: \${HOME}/.npmrc
`;
}
