// The state of a session, and who waits for it to change.

import type { SessionState } from "./session";

export class SessionStore {
  private readonly listeners = new Set<() => void>();

  constructor(private state: SessionState) {}

  readonly get = (): SessionState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  protected set(state: SessionState): void {
    this.state = state;
    for (const listener of [...this.listeners]) listener();
  }

  async renewed(): Promise<string | null> {
    while (this.state.status === "starting" || this.state.status === "expired") await this.changed();
    return this.state.token;
  }

  change(isWanted: boolean): void {
    const { token } = this.state;
    if (token !== null) this.set({ status: isWanted ? "changing" : "signed-in", token });
  }

  private changed(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        stop();
        resolve();
      });
    });
  }
}
