import { existsSync, readFileSync } from "node:fs";

/** Public test data lies beside a checkout, not in it; a test that wants it runs when it is there. */
const ROOT = new URL("../../../../../shared/data/", import.meta.url);

export const dataFile = (path: string): URL => new URL(path, ROOT);
export const hasData = (path: string): boolean => existsSync(dataFile(path));
export const readText = (path: string): string => readFileSync(dataFile(path), "utf8");
/** `[]` where the data is absent, so that a table of cases is then empty. */
export const readCases = <T>(path: string, read: (value: unknown) => readonly T[]): readonly T[] =>
  hasData(path) ? read(JSON.parse(readText(path))) : [];
