// One question to the language server at a time. They are answered in the order in which they came, but a person who
// waits for a completion does not wait for a long row of cells to be checked: behind more than a few, he goes first.

interface Job {
  readonly urgent: boolean;
  readonly run: () => Promise<void>;
}

const PATIENT = 2; // checks that an urgent question waits for

export class Turns {
  readonly #jobs: Job[] = [];
  #isRunning = false;

  take<Result>(urgent: boolean, work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ urgent, run: () => work().then(resolve, reject) });
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let job = this.#next(); job !== undefined; job = this.#next()) await job.run();
    this.#isRunning = false;
  }

  #next(): Job | undefined {
    const urgent = this.#jobs.findIndex((job) => job.urgent);
    const [job] = this.#jobs.splice(urgent > PATIENT ? urgent : 0, 1);
    return job;
  }
}
