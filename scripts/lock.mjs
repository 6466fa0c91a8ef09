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
  return removeDead(path) && take(path);
}

/** Removes the lock of a process that is no more; false when its holder lives. */
function removeDead(path) {
  const aside = `${path}.dead-${process.pid}`;
  try {
    const holder = fs.readFileSync(path, "utf8");
    if (isAlive(Number(holder))) return false;
    // Renamed before it is removed: of two processes taking over, one gets it. Should the other have been faster, and
    // this be its new lock, it is put back.
    fs.renameSync(path, aside);
    const isDead = fs.readFileSync(aside, "utf8") === holder;
    if (!isDead) fs.linkSync(aside, path);
    return isDead;
  } catch (error) {
    if (error.code === "ENOENT") return true; // it was given back, or taken over, in this moment
    throw error;
  } finally {
    fs.rmSync(aside, { force: true });
  }
}
