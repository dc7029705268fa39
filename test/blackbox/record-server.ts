import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

import { RECORD } from "./command.ts";
import type { Members } from "./signed.ts";

type Resource = Members & { resourceType: string; id: string; meta?: { versionId?: string } };

export interface Write {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * The least a FHIR server does: read, search by patient, create, JSON Patch with one `replace`, update, delete. It keeps
 * the exact text of every write. Its record is the demonstration's.
 */
export async function startRecord() {
  const resources = new Map<string, Resource>();
  for (const one of JSON.parse(readFileSync(RECORD, "utf8")) as Resource[]) {
    resources.set(`${one.resourceType}/${one.id}`, { ...one, meta: { ...one.meta, versionId: "1" } });
  }
  const writes: Write[] = [];
  const failing = new Map<string, { readonly status: number; readonly body: string }>();
  let made = 0;
  let keeps = true;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const url = new URL(req.url ?? "/", "http://record");
      const name = url.pathname.replace(/^\/r4\//, "");
      const method = req.method ?? "GET";
      const found = resources.get(name);
      const send = (status: number, value?: Resource | Members, headers: Record<string, string> = {}): void => {
        const version = (value?.["meta"] as Members | undefined)?.["versionId"];
        res.writeHead(status, {
          "content-type": "application/fhir+json",
          ...(version === undefined ? {} : { etag: `W/"${version as string}"` }),
          ...headers,
        });
        res.end(value === undefined ? undefined : JSON.stringify(value));
      };
      const failure = failing.get(`${method} ${name}`);
      if (failure !== undefined) {
        failing.delete(`${method} ${name}`);
        res.writeHead(failure.status, { "content-type": "application/fhir+json" });
        res.end(failure.body);
        return;
      }
      const none = (status = 404): void => send(status, { resourceType: "OperationOutcome", issue: [] });
      if (method === "GET") {
        if (found !== undefined) send(200, found);
        else if (/^[A-Z][A-Za-z]+$/.test(name)) send(200, search(resources, name, url.searchParams));
        else none();
        return;
      }
      writes.push({ method, path: name, headers: req.headers, body });
      if (method === "POST") {
        const id = `made-${String(++made)}`;
        const value: Resource = { ...(JSON.parse(body) as Resource), id, meta: { versionId: "1" } };
        if (keeps) resources.set(`${name}/${id}`, value);
        send(201, value, { location: `${base}/${name}/${id}/_history/1` });
      } else if (found === undefined) none();
      else if (req.headers["if-match"] !== undefined && req.headers["if-match"] !== `W/"${versionOf(found)}"`)
        none(412);
      else if (method === "DELETE") {
        resources.delete(name);
        send(204);
      } else {
        const value = method === "PUT" ? (JSON.parse(body) as Resource) : patched(found, body);
        const next = { ...value, meta: { versionId: String(Number(versionOf(found)) + 1) } };
        resources.set(name, next);
        send(200, next);
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/r4`;
  return {
    base,
    writes,
    /** A copy of somebody's record under another name, so that tests do not stand in each other's way. */
    copy(from: string, to: string, change: (text: string) => string = (text) => text): void {
      for (const [name, one] of [...resources]) {
        if (!JSON.stringify(one).includes(from)) continue;
        const text = change(JSON.stringify(one).replaceAll(from, to));
        resources.set(name.replaceAll(from, to), JSON.parse(text) as Resource);
      }
    },
    /** From now on what is created is answered and written down, and not found afterwards: for thousands of orders. */
    forgetWhatIsCreated(): void {
      keeps = false;
    },
    /** The next `METHOD Type` or `METHOD Type/id` is answered so, and nothing is done. */
    fail(call: string, status: number, body: string): void {
      failing.set(call, { status, body });
    },
    close: (): void => {
      server.close();
      server.closeAllConnections();
    },
  };
}
export type RecordServer = Awaited<ReturnType<typeof startRecord>>;

const versionOf = ({ meta }: Resource): string => meta?.versionId ?? "1";

function search(resources: ReadonlyMap<string, Resource>, type: string, asked: URLSearchParams): Members {
  const patient = asked.get("patient") ?? asked.get("subject");
  const id = patient?.replace(/^Patient\//, "");
  const isAbout = (one: Resource): boolean =>
    id === undefined ||
    new RegExp(`"Patient/${id}"`).test(JSON.stringify(one)) ||
    (type === "Patient" && one.id === id);
  const entry = [...resources.values()]
    .filter((one) => one.resourceType === type && isAbout(one))
    .map((resource) => ({ resource, search: { mode: "match" } }));
  return { resourceType: "Bundle", type: "searchset", total: entry.length, entry };
}

function patched(resource: Resource, body: string): Resource {
  const copy = JSON.parse(JSON.stringify(resource)) as Resource;
  for (const { op, path, value } of JSON.parse(body) as { op: string; path: string; value: unknown }[]) {
    const steps = path.split("/").slice(1);
    const last = steps.pop() ?? "";
    let at: Members = copy;
    for (const step of steps) at = at[step] as Members;
    if (op === "remove") Reflect.deleteProperty(at, last);
    else at[last] = value;
  }
  return copy;
}
