/**
 * `cellwright worker`: runs the points of grids that others send to a queue. What it does goes to stderr, a line a point.
 */
import { Command, InvalidArgumentError } from "commander";
import type { WorkerEvent } from "../batch/queue/worker.ts";
import { addHelpEnding } from "./help.ts";
import { parseCount, queueAddress, reportQueueError } from "./queue-options.ts";
import { exitCodes } from "./report.ts";
import { onDrainSignals } from "./signals.ts";

interface WorkerCommandOptions {
  readonly queue?: string;
  readonly name?: string;
  readonly concurrency?: number;
  readonly folder?: string;
  readonly stallTimeout?: number;
  readonly idle?: number;
}

export function workerCommand(): Command {
  const command = new Command("worker")
    .summary("run the points of grids that come through a queue")
    .description(
      "Take points from a queue (a Redis) and run each in a kernel of its own, until told to end. Any number of workers, on\n" +
        "any machines that share the folder of the grids. SIGTERM or Ctrl-C finishes the points in hand and takes no new one;\n" +
        "once more gives them back to the queue at once. Whoever may write to the Redis runs code on the workers.",
    )
    .option("--queue <url>", "redis://host:6379, rediss:// for TLS; default: CELLWRIGHT_QUEUE")
    .option("--name <name>", "how the worker is called; default: the machine's name and the process id")
    .option("--concurrency <number>", "points that run at the same time; default: 1", parseCount)
    .option("--folder <folder>", "where this machine has the folder in which grids are begun; default: the same path")
    .option("--idle <seconds>", "end after so long without a point; default: never", parseSeconds)
    .option(
      "--stall-timeout <seconds>",
      "silence after which a worker is taken for dead, the same for all; default: 30",
      parseSeconds,
    )
    .action(async (options: WorkerCommandOptions) => {
      process.exitCode = await work(options);
    });
  return addHelpEnding(command, {
    examples: [
      ["cellwright worker --queue redis://host", "one point at a time"],
      ["cellwright worker --queue redis://host --concurrency 4", "four"],
      ["cellwright worker --queue redis://host --folder /mnt/shared", "where the folder has another path here"],
      ["cellwright worker --queue redis://host --idle 60", "end when there has been nothing to do for a minute"],
    ],
    exitCodes: [
      [0, "told to end, or idle; every point was finished"],
      [1, "no Redis there, or it was gone for a minute"],
      [2, "the command line was wrong"],
      [130, "told to end twice; points went back (143: by SIGTERM)"],
    ],
  });
}

async function work({ queue, ...options }: WorkerCommandOptions): Promise<number> {
  const { drain, stop, stopListening } = onDrainSignals();
  try {
    const { runWorker } = await import("../batch/queue/worker.ts");
    const { printable } = await import("../batch/progress.ts");
    const onEvent = (event: WorkerEvent) => {
      const line = describe(event);
      if (line !== undefined) process.stderr.write(`${printable(line)}\n`);
    };
    await runWorker(queueAddress(queue), { ...options, signal: drain, stopSignal: stop, onEvent });
    return stop.aborted ? (stop.reason === "SIGTERM" ? 143 : 130) : exitCodes.done;
  } catch (error) {
    return reportQueueError(error);
  } finally {
    stopListening();
  }
}

function describe(event: WorkerEvent): string | undefined {
  if (event.type === "ready") return `${event.worker} works on ${event.address}`;
  if (event.type === "begin") return `${event.point}: begun${event.attempt > 1 ? `, attempt ${event.attempt}` : ""}`;
  if (event.type === "problem") return `warning: ${event.message}`;
  if (event.type === "draining") {
    if (event.running === 0) return "ending";
    return `ending: ${event.running} in hand; once more gives back what is not finished`;
  }
  if (event.type === "given-up") {
    return `${event.point}: ${event.why === "lost" ? "another worker has it by now" : "given back"}`;
  }
  const { outcome, point, isLast } = event;
  const time = outcome.cached ? "up to date" : `${outcome.duration.toFixed(1)} s`;
  const why = outcome.failure === null ? "" : `: ${outcome.failure.ename}: ${outcome.failure.evalue.split("\n")[0]}`;
  return `${point}: ${outcome.status}, ${time}${why}${isLast ? "" : "; it is run again"}`;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError("expected a number of seconds above 0");
}
