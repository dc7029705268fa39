/** One sample of Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;

/** Reads the text format; throws for a line that is neither a comment nor a sample. */
export function readExposition(text: string): Sample[] {
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name, labels = "", value] = LINE.exec(line) ?? [];
      if (name === undefined) throw new Error(`not a sample: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, said]) => [key, said]);
      return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) };
    });
}

/** Values of one metric by its labels, as `label=value,…`. */
export function valuesOf(text: string, name: string): Record<string, number> {
  const mine = readExposition(text).filter((sample) => sample.name === name);
  return Object.fromEntries(
    mine.map(({ labels, value }) => [
      Object.entries(labels)
        .map(([label, said]) => `${label}=${said}`)
        .join(),
      value,
    ]),
  );
}
