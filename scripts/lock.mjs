// One process at a time: a file that only one process can create, holding that process's number. A process that died
// without removing its file is noticed, and its lock taken over.
import fs from "node:fs";

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Runs `task` while holding the lock file at `path`; `onWait` is called once if another process holds it. */
export async function withLock(path, onWait, task) {
  let waiting = false;
  while (!take(path)) {
    if (!waiting) onWait();
    waiting = true;
    await sleep(100);
  }
  const release = () => fs.rmSync(path, { force: true });
  process.once("exit", release);
  try {
    return await task();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

function take(path) {
  try {
    // Written elsewhere and linked into place: nobody ever sees a lock without its number.
    const own = `${path}.${process.pid}`;
    fs.writeFileSync(own, String(process.pid));
    try {
      fs.linkSync(own, path);
    } finally {
      fs.rmSync(own, { force: true });
    }
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  try {
    const holder = Number(fs.readFileSync(path, "utf8"));
    if (!isAlive(holder)) {
      // Renamed before it is removed, so that of two processes taking over only one gets it.
      const dead = `${path}.dead-${process.pid}`;
      fs.renameSync(path, dead);
      fs.rmSync(dead, { force: true });
    }
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return false;
}
