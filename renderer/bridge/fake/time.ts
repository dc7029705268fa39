/** 23-Nov-2026 14:32:08 GMT: when every picture of the gallery is taken. Seconds since 1970. */
export const NOW = Date.UTC(2026, 10, 23, 14, 32, 8) / 1000;

export const minutes = (count: number): number => count * 60;

export const DAY = 86_400;
