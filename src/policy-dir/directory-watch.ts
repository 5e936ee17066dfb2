import { type FSWatcher, watch } from "node:fs";

/**
 * Tells of changes in directories as soon as the kernel does. It may miss some (a full queue, a network file system, a
 * directory that does not exist yet), so it only hastens looks that are taken anyway.
 */
export class DirectoryWatch {
  readonly #changed: () => void;
  readonly #watchers: Map<string, { readonly directoryId: string; readonly watcher: FSWatcher }> = new Map();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Watches the directory that has this path now. One that has been replaced has another identity. */
  follow(directory: string, directoryId: string): void {
    const present = this.#watchers.get(directory);
    if (present?.directoryId === directoryId) return;
    this.drop(directory);
    try {
      const watcher = watch(directory, { persistent: false }, () => this.#changed());
      watcher.on("error", () => {
        // The next look follows it again, or finds that it is gone.
        this.drop(directory);
        this.#changed();
      });
      this.#watchers.set(directory, { directoryId, watcher });
    } catch {
      // No watches left, or it has just gone: the looks that are taken anyway must do.
    }
  }

  drop(directory: string): void {
    this.#watchers.get(directory)?.watcher.close();
    this.#watchers.delete(directory);
  }

  close(): void {
    for (const directory of [...this.#watchers.keys()]) this.drop(directory);
  }
}
