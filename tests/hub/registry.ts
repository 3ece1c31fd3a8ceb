// A package registry on this machine, with packages made here: what npm's own client asks of one, and no more.
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { create } from "tar";
import { type FileServer, type Handler, sendFile, serve } from "./file-server.ts";

export interface TestPackage {
  readonly name: string;
  readonly version: string;
  readonly files: Readonly<Record<string, Buffer | string>>;
  /** What the registry says of the tarball, where that is not the truth. */
  readonly integrity?: string | null;
  /** Answers the tarball's address in another way than with the tarball. */
  tarball?(bytes: Buffer): Handler;
}

export interface Registry extends FileServer {
  /** How often each tarball was asked for. */
  readonly tarballs: Record<string, number>;
}

export async function startRegistry(packages: readonly TestPackage[]): Promise<Registry> {
  const packed = await Promise.all(
    packages.map(async (each) => ({ ...each, bytes: await pack(each.files) })),
  );
  const tarballs: Record<string, number> = {};
  const server = await serve((request, response, count) => {
    const path = decodeURIComponent(request.url ?? "").slice(1);
    const wanted = packed.find(({ name }) => name === path || path === `${name}.tgz`);
    if (!wanted) {
      response.writeHead(404, { "content-type": "application/json" }).end('{"error":"not found"}');
    } else if (path.endsWith(".tgz")) {
      tarballs[wanted.name] = (tarballs[wanted.name] ?? 0) + 1;
      (wanted.tarball ?? ((bytes) => sendFile(bytes, '"v1"')))(wanted.bytes)(request, response, count);
    } else {
      const sha512 = `sha512-${createHash("sha512").update(wanted.bytes).digest("base64")}`;
      const integrity = wanted.integrity === undefined ? sha512 : wanted.integrity;
      const dist = { tarball: `${server.url}/${wanted.name}.tgz`, ...(integrity !== null && { integrity }) };
      const { name, version } = wanted;
      const document = {
        name,
        "dist-tags": { latest: version },
        versions: { [version]: { name, version, dist } },
      };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(document));
    }
  });
  return { ...server, tarballs };
}

async function pack(files: TestPackage["files"]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "pack-"));
  try {
    await mkdir(join(folder, "package"));
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, "package", name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
    const file = join(folder, `${randomBytes(4).toString("hex")}.tgz`);
    await create({ cwd: folder, gzip: true, file }, ["package"]);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
