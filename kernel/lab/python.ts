/**
 * The Python that a private environment can be made with. Several may be on PATH (Debian's, one of a version manager, an
 * activated environment); the first that is recent enough wins, as a shell would choose it.
 */
import { allOnPath, ask } from "./command-path.ts";

export interface Python {
  readonly executable: string;
  /** Such as "3.11.7". */
  readonly version: string;
  /** `sys.prefix`: the environment that it belongs to. */
  readonly prefix: string;
}

/** JupyterLab 4's own floor. */
const oldest = [3, 9] as const;

const question = "import sys, json; print(json.dumps([sys.executable, '%d.%d.%d' % sys.version_info[:3], sys.prefix]))";

/** The first Python on PATH that is recent enough, or undefined. */
export async function findPython(environment: NodeJS.ProcessEnv = process.env): Promise<Python | undefined> {
  for (const name of ["python3", "python"]) {
    for (const path of allOnPath(name, environment)) {
      const python = await askPython(path, environment);
      if (python !== undefined && isRecent(python.version)) return python;
    }
  }
  return undefined;
}

/** What this executable says of itself; undefined when it does not run (a broken shim, a moved environment). */
export async function askPython(path: string, environment?: NodeJS.ProcessEnv): Promise<Python | undefined> {
  const answer = await ask(path, ["-c", question], { environment: environment ?? process.env, timeout: 10_000 });
  try {
    const [executable, version, prefix] = JSON.parse(answer ?? "") as [string, string, string];
    return { executable, version, prefix };
  } catch {
    return undefined;
  }
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}
