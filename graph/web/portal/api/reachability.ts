// Whether the server answers. A query that gets no answer waits here and is sent again.

import { useSyncExternalStore } from "react";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

const listeners = new Set<() => void>();
const sleepers = new Set<() => void>();
let waiting = 0;

/** Whether a request waits for the server. */
export function useUnreachable(): boolean {
  return useSyncExternalStore(subscribe, () => waiting > 0);
}

/** Sends what waits at once. */
export function tryNow(): void {
  for (const wake of [...sleepers]) wake();
}

addEventListener("online", tryNow);

/**
 * Calls `attempt` until it gives a result, after longer and longer pauses. `attempt` gives null for no answer, or the
 * seconds after which the server asks to be tried again.
 */
export async function persist<Result>(
  attempt: () => Promise<{ result: Result } | { retryAfterS: number | null }>,
  signal: AbortSignal | null | undefined,
): Promise<Result> {
  let isWaiting = false;
  try {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const outcome = await attempt();
      if ("result" in outcome) return outcome.result;
      if (!isWaiting) {
        isWaiting = true;
        change(1);
      }
      await sleep(Math.max(pause, (outcome.retryAfterS ?? 0) * 1_000), signal);
    }
  } finally {
    if (isWaiting) change(-1);
  }
}

function sleep(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = (): void => {
      clearTimeout(timer);
      sleepers.delete(wake);
      signal?.removeEventListener("abort", wake);
      if (signal?.aborted) reject(new DOMException("The request is no longer needed.", "AbortError"));
      else resolve();
    };
    const timer = setTimeout(wake, ms);
    sleepers.add(wake);
    signal?.addEventListener("abort", wake);
    if (signal?.aborted) wake();
  });
}

function change(by: number): void {
  waiting += by;
  for (const listener of [...listeners]) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
