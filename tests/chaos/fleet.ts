/** The processes of one installation, as a run sees them. */
export interface Fleet {
  readonly name: string;
  readonly size: number;
  /** Starts all of them; resolves once they serve. */
  start(): Promise<void>;
  /** The number of a process in the system; null while it is down. */
  pid(index: number): number | null;
  /** Makes a process end, at once or when it has finished what is under way; answers which. Null where it is down. */
  end(index: number, how: "SIGKILL" | "SIGTERM"): Promise<number | null>;
  /** Resolves once this process, or the one that takes its place after `pid`, serves. */
  servesAgain(index: number, after: number): Promise<void>;
  /** See `Kept.haunt`; absent where a process that stands still is not replaced. */
  haunt?(index: number): Promise<{ goOn(): void; end(): Promise<string> } | null>;
  /** Lets all of them finish what is under way, and ends them. */
  stop(): Promise<void>;
  /** kill -9 of everything at once; resolves when all is gone. */
  kill(): Promise<void>;
}

/** How long a process may take to serve again, on a machine that does much else. */
export const serveWaitMsMax = 90_000;

/** A signal to a process that may be gone. */
export function signal(pid: number, name: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}

/** Whether there is such a process. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
