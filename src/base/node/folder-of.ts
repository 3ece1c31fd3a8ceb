import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";

/**
 * Whether a file that is named relative to a model's folder lies there, links followed to their ends.
 *
 * The names are a stranger's: those of external data and of labels stand in a model file that somebody sent, and those that are
 * looked for by themselves (config.json, labels.txt) may have come in an archive together with it. What lies at their ends is read
 * and in part answered: as weights, as labels, as a quote in a message. So a link to a file of this machine, to its keys or its
 * passwords, must not be followed, whoever named it.
 *
 * One place outside is the folder's own: Hugging Face's cache keeps the files of a repository once in `<repository>/blobs`, under
 * their digests, and each of its revisions is a folder of links into that (huggingface_hub, "Understand caching"). Such a link is
 * followed where it ends at a blob of the very same repository, whose content its maker could as well have put beside the model.
 * Nothing of a blob's path may be a link itself: the end of all links is compared with the repository's own end, so that neither a
 * blob nor the folder `blobs` can stand for something elsewhere.
 */
export async function isOfFolder(folder: string, path: string): Promise<boolean> {
  const [home, end] = await Promise.all([realpath(folder), realpath(path)]);
  const way = relative(home, end);
  // A name may begin with two dots, as those of Kubernetes' mounted volumes do.
  if (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return true;
  const repository = repositoryOf(home);
  return repository !== null && dirname(end) === join(repository, "blobs") && BLOB.test(basename(end));
}

/** git's digest of a small file, sha256 of a large one. */
const BLOB = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const REPOSITORY = /^(?:models|datasets|spaces)--./;

/** `<repository>` of a folder in `<repository>/snapshots/<revision>`; null for all others. */
function repositoryOf(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const snapshots = dirname(at);
    const repository = dirname(snapshots);
    if (repository === snapshots) return null;
    if (basename(snapshots) === "snapshots" && REPOSITORY.test(basename(repository))) return repository;
  }
}
