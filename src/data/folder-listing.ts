/**
 * Which files of a folder are pictures, and of which class.
 *
 * Links are the one way out of a folder: a link to a file is taken where its target lies inside, a link to a folder
 * never (it could lead in circles).
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { CellwrightError } from "../errors.ts";
import type { FileProblem } from "./store.ts";

/** A picture to read. */
export interface ListedFile {
  readonly path: string;
  /**
   * The path below the folder, with "/" between its parts, in Unicode's composed form (some file systems decompose
   * names).
   */
  readonly id: string;
  readonly label: number;
}

/** What a folder holds. */
export interface FolderListing {
  readonly classNames: readonly string[];
  /** Sorted by id. */
  readonly files: readonly ListedFile[];
  readonly problems: readonly FileProblem[];
}

const pictureEnding = /\.(png|jpe?g)$/i;
const otherPictureEnding = /\.(gif|webp|bmp|tiff?|avif|heic)$/i;

/**
 * Lists the pictures below `root`, which must be a real path.
 *
 * @throws CW_FOLDER_MISSING where it is no folder, CW_FOLDER_LARGE where it holds more than `maxFiles` pictures
 */
export async function listFolder(root: string, maxFiles: number): Promise<FolderListing> {
  const files: ListedFile[] = [];
  const problems: FileProblem[] = [];

  const visitFile = async (folder: string, name: string, link: boolean, label: number) => {
    const path = join(folder, name);
    const id = idOf(root, path);
    if (link) {
      const reason = await linkProblem(root, path);
      if (reason) {
        problems.push({ file: id, reason });
        return;
      }
    }
    if (otherPictureEnding.test(name)) {
      problems.push({ file: id, reason: "only PNG and JPEG are read: convert it" });
    } else if (pictureEnding.test(name)) {
      if (files.length >= maxFiles) {
        throw new CellwrightError("CW_FOLDER_LARGE", `${root} holds more than ${maxFiles} pictures: raise maxFiles`);
      }
      files.push({ path, id, label });
    }
  };
  const visitFolder = async (folder: string, label: number): Promise<string[]> => {
    const folders: string[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory()) folders.push(entry.name);
      else if (entry.isFile() || entry.isSymbolicLink()) {
        await visitFile(folder, entry.name, entry.isSymbolicLink(), label);
      }
    }
    return folders.sort();
  };
  const visitTree = async (folder: string, label: number): Promise<void> => {
    for (const name of await visitFolder(folder, label)) await visitTree(join(folder, name), label);
  };

  const classNames = await visitFolder(root, -1).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof CellwrightError) throw error;
    throw new CellwrightError("CW_FOLDER_MISSING", `expected a folder of pictures at ${root}: ${error.message}`, {
      cause: error,
    });
  });
  for (const [label, name] of classNames.entries()) await visitTree(join(root, name), label);
  files.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { classNames: classNames.map((name) => name.normalize("NFC")), files, problems };
}

function idOf(root: string, path: string): string {
  return path
    .slice(root.length + (root.endsWith(sep) ? 0 : 1))
    .split(sep)
    .join("/")
    .normalize("NFC");
}

async function linkProblem(root: string, path: string): Promise<string | undefined> {
  try {
    const target = await realpath(path);
    if (!target.startsWith(root + sep)) return "it is a link that leads out of the folder: it is not followed";
    return (await stat(target)).isFile() ? undefined : "it is a link to something that is no file: it is not followed";
  } catch {
    return "it is a link that leads nowhere";
  }
}
