/** A reader of RFC 4180, strict: what it does not allow is an error with its place. */
export function readCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${what} at ${String(at)}`);
  };
  while (at < text.length) {
    if (text[at] !== '"') fail("a cell without quotes");
    let cell = "";
    at++;
    for (;;) {
      if (at >= text.length) fail("an open quote at the end");
      if (text[at] !== '"') cell += text.charAt(at++);
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 2;
      } else break;
    }
    at++;
    record.push(cell);
    if (text[at] === ",") at++;
    else if (text.startsWith("\r\n", at)) {
      records.push(record);
      record = [];
      at += 2;
    } else fail("neither comma nor CRLF after a cell");
  }
  if (record.length > 0) fail("no CRLF at the end");
  return records;
}
