/** Files that were dropped, also those in folders. */

/** What is taken for a photo in a folder, where much else may lie. */
const IS_PHOTO = /\.(jpe?g|png|tiff?|webp|bmp)$/i;

/** Must be called while the drop is told of; what it names is read afterwards. */
export async function filesOf(dropped: DataTransfer): Promise<File[]> {
  const entries = [...dropped.items].map((each) => each.webkitGetAsEntry?.() ?? null);
  if (!entries.some((each) => each?.isDirectory)) return [...dropped.files];
  const found: File[] = [];
  for (const entry of entries) if (entry) await collect(entry, found, false);
  return found;
}

async function collect(entry: FileSystemEntry, found: File[], isInFolder: boolean): Promise<void> {
  if (entry.isDirectory) {
    for (const each of await contentOf(entry as FileSystemDirectoryEntry)) {
      await collect(each, found, true);
    }
  } else if (!isInFolder || (IS_PHOTO.test(entry.name) && !entry.name.startsWith("."))) {
    found.push(await fileOf(entry as FileSystemFileEntry));
  }
}

/** All of a folder, by name; a browser gives it in parts. */
async function contentOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (!part.length) break;
    found.push(...part);
  }
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
