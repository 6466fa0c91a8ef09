// Imported first by every script here, and written so that a Node of many years ago still parses it (as every file in
// this folder must): somebody with an old Node reads one clear line instead of a syntax error.
import process from "node:process";

export const oldest = [20, 19];

const parts = process.versions.node.split(".").map(Number);
if (parts[0] < oldest[0] || (parts[0] === oldest[0] && parts[1] < oldest[1])) {
  process.stderr.write(
    `cellwright: Node ${oldest.join(".")} or newer is needed, this is ${process.versions.node}. ` +
      "Install a current one (nodejs.org, or your system's packages) and run the same command again. [CW_NODE_TOO_OLD]\n",
  );
  process.exit(1);
}
