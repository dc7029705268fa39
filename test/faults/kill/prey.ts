/** One start of a process that is going to be killed. */
export interface Life {
  readonly pid: number;
  /** Resolves with how it ended: `null` where a signal ended it. */
  readonly ended: Promise<{ readonly status: number | null; readonly err: string }>;
}

export interface PreyOptions {
  readonly name: string;
  /** Places at which it may be told to die by itself. */
  readonly failpoints: readonly string[];
  /** Starts it, and resolves once it works; undefined where it died before. */
  readonly start: (failpoint: string | undefined) => Promise<Life | undefined>;
  /** It ended, and nobody killed it. */
  readonly onCrash: (name: string, status: number, err: string) => void;
}

/** A process that is started again whenever it dies, until it is told to stop. */
export class Prey {
  readonly name: string;
  readonly failpoints: readonly string[];
  /** How often it was killed where. */
  readonly deaths = new Map<string, number>();
  /** What it wrote to standard error, in all its lives. */
  readonly logs: string[] = [];
  readonly #options: PreyOptions;
  #next: string | undefined;
  #life: Life | undefined;
  #alive: (() => void)[] = [];
  #mode: "hunted" | "stopping" = "hunted";
  #running: Promise<void> = Promise.resolve();

  constructor(options: PreyOptions) {
    this.#options = options;
    [this.name, this.failpoints] = [options.name, options.failpoints];
  }

  get killed(): number {
    return [...this.deaths.values()].reduce((sum, n) => sum + n, 0);
  }

  /** Of its present life. */
  get pid(): number {
    return this.#life?.pid ?? 0;
  }

  begin(): void {
    this.#running = this.#run();
  }

  /** Resolves once it works. */
  async alive(): Promise<void> {
    if (this.#life === undefined) await new Promise<void>((resolve) => this.#alive.push(resolve));
  }

  /** SIGKILL, now; its next life ends at a failpoint, or lasts. */
  kill(next: string | undefined): void {
    this.#next = next;
    const life = this.#life;
    this.#life = undefined;
    if (life === undefined) return;
    this.#count("at a random time");
    process.kill(life.pid, "SIGKILL");
  }

  /** Lets it end in order. */
  async stop(): Promise<void> {
    this.#mode = "stopping";
    if (this.#life !== undefined) process.kill(this.#life.pid, "SIGTERM");
    await this.#running;
  }

  /** At the very end of the test, whatever happened. */
  abandon(): void {
    this.#mode = "stopping";
    if (this.#life !== undefined) process.kill(this.#life.pid, "SIGKILL");
  }

  async #run(): Promise<void> {
    while (this.#isHunted()) {
      const failpoint = this.#next;
      this.#next = undefined;
      const life = await this.#options.start(failpoint);
      if (life === undefined) {
        this.#count(failpoint ?? "before it worked");
        continue;
      }
      this.#life = life;
      for (const resolve of this.#alive.splice(0)) resolve();
      const { status, err } = await life.ended;
      this.logs.push(err);
      // Where it was killed from outside, that was counted then.
      const bySelf = this.#life === life;
      this.#life = undefined;
      if (status === null && bySelf && this.#isHunted()) this.#count(failpoint ?? "by somebody else");
      if (status !== null && this.#isHunted()) this.#options.onCrash(this.name, status, err);
    }
  }

  #isHunted(): boolean {
    return this.#mode === "hunted";
  }

  #count(where: string): void {
    this.deaths.set(where, (this.deaths.get(where) ?? 0) + 1);
  }
}
