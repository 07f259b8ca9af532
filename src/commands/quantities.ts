/** A length of time in its largest unit: "8 h". */
export function span(milliseconds: number): string {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** A time as people tell it: "8 h ago". Empty where it is not known; as it is where it is no time. */
export function ago(time: string | null, now: number = Date.now()): string {
  if (time === null) return "";
  const since = now - Date.parse(time);
  if (Number.isNaN(since)) return time;
  return since < 60_000 ? "just now" : `${span(since)} ago`;
}

/** "1 session", "2 sessions". */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** A number of bytes in the largest unit that leaves one digit before the point: "1.2 kB". */
export function size(bytes: number): string {
  const unit = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  const number = bytes / 1000 ** unit;
  return `${unit === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${["B", "kB", "MB", "GB"][unit]}`;
}
