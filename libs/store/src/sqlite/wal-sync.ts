// Makes commits safe against the power going, many at once: SQLite syncs its write-ahead log after every commit only with
// synchronous = FULL, on the thread that commits. Here it commits without (NORMAL), and whoever needs to know waits for a
// sync of the log's file, one for all who wait at that time. https://sqlite.org/pragma.html#pragma_synchronous
import { type FileHandle, open } from 'node:fs/promises';

export class WalSync {
  readonly #path: string;
  #file: FileHandle | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** `file` is the database's. */
  constructor(file: string) {
    this.#path = `${file}-wal`;
  }

  /** Resolves when everything committed before the call is on the disk. Rejects with the system's error. */
  settled(): Promise<void> {
    // One that is under way may have begun before the last commit: the next one is for that.
    this.#next ??= this.#after(this.#running);
    return this.#next;
  }

  async close(): Promise<void> {
    await (this.#next ?? this.#running)?.catch(() => {});
    await this.#file?.close();
    this.#file = undefined;
  }

  async #after(running: Promise<void> | undefined): Promise<void> {
    await running?.catch(() => {});
    const sync = this.#sync();
    this.#running = sync;
    this.#next = undefined;
    try {
      await sync;
    } finally {
      if (this.#running === sync) this.#running = undefined;
    }
  }

  // SQLite keeps the file as long as anybody has the database open, so it is opened once.
  async #sync(): Promise<void> {
    this.#file ??= await open(this.#path, 'r+');
    await this.#file.datasync();
  }
}
