import { words } from "../words/en-gb.ts";

const { times } = words;

/**
 * Time left in words: whole minutes, whole seconds only under one minute (WCAG 2.2.2, approval-experience.md 10.4).
 * `seconds` is an integer; zero and less is "now".
 */
export function remaining(seconds: number): string {
  if (seconds <= 0) return times.now;
  if (seconds < 60) return times.seconds(seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return times.minutes(minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? times.hours(hours, minutes % 60) : times.days(Math.floor(hours / 24));
}

/** `0:08`, for a hold that is counted down in seconds. */
export function countdown(seconds: number): string {
  const left = Math.max(0, seconds);
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
