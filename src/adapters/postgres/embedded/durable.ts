import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

/** Creates a file only its owner reads, whose content a power failure does not take. It must not exist yet. */
export function writeSecret(file: string, text: string): void {
  const descriptor = openSync(file, "wx", 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes names created or renamed in a folder last. Windows does so by itself, and opens no folders. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
