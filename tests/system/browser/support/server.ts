// `pickup serve` on the database of the run. It can be stopped and started again on its port.

import { once } from "node:events";
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { variable } from "./environment";

export class Server {
  private process: ChildProcess | undefined;
  private readonly log: string[] = [];
  private settings: Record<string, string> = {};

  private constructor(private readonly port: number) {}

  /** Where the portal is. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** With a port, not started yet. */
  static async create(): Promise<Server> {
    return new Server(await freePort());
  }

  /** Until it is ready, with these settings or those of the last time. Tokens are signed with the secret of the tests. */
  async start(settings = this.settings): Promise<void> {
    this.settings = settings;
    const started = spawn(variable("PICKUP"), ["serve", "--port", String(this.port)], {
      env: {
        ...withoutSettings(),
        PICKUP_DATABASE_URL: variable("DATABASE_URL"),
        PICKUP_JWT_SECRET: variable("JWT_SECRET"),
        PICKUP_LOG_FORMAT: "json",
        ...settings,
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.process = started;
    // It prints its address once it listens.
    await new Promise<void>((resolve, reject) => {
      createInterface(started.stderr).on("line", (line) => {
        this.log.push(line);
        if (line.includes("The page is at")) resolve();
      });
      started.on("exit", () => reject(new Error(`The server ended:\n${this.log.join("\n")}`)));
    });
    const ready = await fetch(new URL("readyz", this.url));
    if (!ready.ok) throw new Error(`The server is not ready: ${await ready.text()}`);
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const running = this.process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    running.kill(signal);
    running.kill("SIGCONT");
    await ended;
  }

  /** From now on it takes requests and answers none, until it is resumed. */
  pause(): void {
    this.process?.kill("SIGSTOP");
  }

  resume(): void {
    this.process?.kill("SIGCONT");
  }

  /** The answer to an operation, sent beside the browser. */
  async query<Data>(token: string, query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(new URL("graphql", this.url), {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }
}

function withoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PICKUP|COVERAGE)_/.test(name)));
}

/** Below the ports of outgoing connections: none of these takes it while the server is stopped. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 30_000);
    const probe = createServer().listen(port, "127.0.0.1");
    const listens = await once(probe, "listening").catch(() => null);
    await new Promise((resolve) => probe.close(resolve));
    if (listens) return port;
  }
}
