/**
 * `cellwright queue`: what is in a queue, and the way to empty it.
 */
import { Command } from "commander";
import type { QueueStatus } from "../batch/queue/status.ts";
import { addHelpEnding } from "./help.ts";
import { queueAddress, reportQueueError } from "./queue-options.ts";
import { exitCodes } from "./report.ts";

interface QueueCommandOptions {
  readonly queue?: string;
  readonly json?: boolean;
}

const ADDRESS = ["--queue <url>", "redis://host:6379; default: CELLWRIGHT_QUEUE"] as const;

export function queueCommand(): Command {
  const command = new Command("queue").summary("look at a queue of grid points, or empty it");
  command
    .command("status")
    .description("Say what waits, what runs where, what failed, and which workers there are.")
    .option(...ADDRESS)
    .option("--json", "as JSON")
    .action(async (options: QueueCommandOptions) => {
      process.exitCode = await status(options);
    });
  command
    .command("clear")
    .description(
      "Take out the points that wait, and what is kept of those that ended; those that run end by themselves. Outputs stay.",
    )
    .option(...ADDRESS)
    .action(async (options: QueueCommandOptions) => {
      process.exitCode = await clear(options);
    });
  return addHelpEnding(command, {
    examples: [
      ["cellwright queue status --queue redis://host", "look"],
      ["cellwright queue clear --queue redis://host", "take out what waits"],
    ],
    exitCodes: [
      [0, "done"],
      [1, "no Redis there"],
      [2, "the command line was wrong"],
    ],
  });
}

async function status({ queue, json }: QueueCommandOptions): Promise<number> {
  try {
    const { queueStatus } = await import("../batch/queue/status.ts");
    const { printable } = await import("../batch/progress.ts");
    const found = await queueStatus(queueAddress(queue));
    process.stdout.write(json ? `${JSON.stringify(found, null, 1)}\n` : `${printable(describe(found))}\n`);
    return exitCodes.done;
  } catch (error) {
    return reportQueueError(error);
  }
}

async function clear({ queue }: QueueCommandOptions): Promise<number> {
  try {
    const { clearQueue } = await import("../batch/queue/status.ts");
    const count = await clearQueue(queueAddress(queue));
    process.stdout.write(`${count} waiting points taken out\n`);
    return exitCodes.done;
  } catch (error) {
    return reportQueueError(error);
  }
}

function describe({ address, waiting, delayed, completed, running, failed, workers }: QueueStatus): string {
  const counts = [
    `${waiting} waiting`,
    `${running.length} running`,
    `${delayed} to be run again`,
    `${completed} completed`,
    `${failed.length} failed`,
  ];
  const lines = [address, counts.join(", ")];
  if (workers.length === 0) lines.push("no workers; start one: cellwright worker --queue …");
  for (const { name, machine } of workers) lines.push(`worker   ${name} at ${machine}`);
  for (const { point, worker, attempt = 1, cell, cells, seconds } of running) {
    const where = cells ? `, cell ${cell} of ${cells}` : "";
    const again = attempt > 1 ? `, attempt ${attempt}` : "";
    lines.push(`running  ${point} at ${worker} for ${seconds.toFixed(0)} s${where}${again}`);
  }
  for (const { point, reason, attempts } of failed) {
    lines.push(`failed   ${point} after ${attempts} attempts: ${reason.split("\n")[0]}`);
  }
  return lines.join("\n");
}
