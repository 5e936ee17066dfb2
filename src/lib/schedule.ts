/** Runs a task once after a delay. Handed in, so that tests decide when time passes. Returns what cancels it. */
export type Schedule = (delayMs: number, task: () => void) => () => void;

/** Real time; a waiting task does not keep the process alive. */
export const timeoutSchedule: Schedule = (delayMs, task) => {
  const timer = setTimeout(task, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};
