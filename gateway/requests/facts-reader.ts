import { CountersignError } from "#shared/protocol/error.ts";
import { parseFhir, type FhirJson } from "#shared/protocol/strict-json.ts";
import { decodeUtf8 } from "#shared/protocol/utf8.ts";

import { isMembers, listAt, textAt, type Members } from "./facts-json.ts";

export interface ReadResource {
  /** The server's exact text, decimals as they came. */
  readonly text: string;
  readonly resource: Members;
  /** Entity tag for `If-Match`, e.g. `W/"3"`; absent where the server gives none. */
  readonly version?: string;
}

export interface Found {
  readonly resources: readonly Members[];
  /** False when the server had more than was read: nothing may be said to be absent. */
  readonly complete: boolean;
}

export interface RecordReader {
  /** `Type/id`. Undefined when the record does not have it (404, 410). @throws CountersignError `E_UPSTREAM` */
  read(reference: string): Promise<ReadResource | undefined>;
  /**
   * All matches of one type, up to a limit. @throws CountersignError `E_UPSTREAM`, with `SearchRefused` as its cause
   * when the server does not offer this search
   */
  search(type: string, parameters: Readonly<Record<string, string>>): Promise<Found>;
}

/** The server answered, and said that it does not offer this search: a check that could not be run, not a fault. */
export class SearchRefused extends Error {
  override readonly name = "SearchRefused";
}

export interface RecordReaderOptions {
  /** FHIR base without a trailing slash. */
  readonly baseUrl: string;
  readonly fetch?: typeof globalThis.fetch;
  /** Bearer token of the gateway for reading. */
  readonly token?: string;
  readonly timeoutMs?: number;
}

const MAX_BYTES = 2 * 1024 * 1024;
const MAX_PAGES = 5;
const FOREIGN = "foreign";
const REFERENCE = /^[A-Z][A-Za-z]{1,63}\/(?!\.{1,2}$)[A-Za-z0-9.-]{1,64}$/;

/** Reads the record over plain FHIR REST. */
export function recordReader(options: RecordReaderOptions): RecordReader {
  const get = async (url: string): Promise<{ response: Response; text: string }> => {
    const send = options.fetch ?? globalThis.fetch;
    try {
      const response = await send(url, {
        headers: {
          accept: "application/fhir+json",
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        },
        // SECURITY: no redirects, protocol.md 3.1: the record is the configured server and no other.
        redirect: "error",
        signal: AbortSignal.timeout(options.timeoutMs ?? 10_000),
      });
      return { response, text: decodeUtf8(await bytesOf(response)) };
    } catch (cause) {
      throw upstream("The hospital record cannot be reached, or did not answer in time.", cause);
    }
  };
  return {
    async read(reference) {
      if (!REFERENCE.test(reference)) return undefined;
      const { response, text } = await get(`${options.baseUrl}/${reference}`);
      if (response.status === 404 || response.status === 410) return undefined;
      if (response.status !== 200) throw upstream(`The hospital record answered ${response.status} for a read.`);
      const resource = parsed(text);
      const versionId = textAt(resource, "meta", "versionId");
      const version = response.headers.get("etag") ?? (versionId === undefined ? undefined : `W/"${versionId}"`);
      return { text, resource, ...(version === undefined ? {} : { version }) };
    },
    async search(type, parameters) {
      const resources: Members[] = [];
      let url: string | undefined = `${options.baseUrl}/${type}?${new URLSearchParams(parameters).toString()}`;
      for (let page = 0; url !== undefined && url !== FOREIGN && page < MAX_PAGES; page++) {
        const { response, text } = await get(url);
        if (response.status !== 200) {
          const refused = response.status >= 400 && response.status < 500 && ![401, 403, 429].includes(response.status);
          throw upstream(
            `The hospital record answered ${response.status} for a search.`,
            refused ? new SearchRefused(`${type} search answered ${response.status}`) : undefined,
          );
        }
        const bundle = parsed(text);
        resources.push(...matchesOf(bundle, type));
        url = nextPage(bundle, options.baseUrl);
      }
      return { resources, complete: url === undefined };
    },
  };
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body !== null) {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_BYTES) throw new Error("The answer is larger than 2 MiB.");
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}

function parsed(text: string): Members {
  let json: FhirJson;
  try {
    json = parseFhir(text);
  } catch (cause) {
    throw upstream("The hospital record sent something that is not a FHIR resource.", cause);
  }
  if (!isMembers(json)) throw upstream("The hospital record sent something that is not a FHIR resource.");
  return json;
}

const matchesOf = (bundle: Members, type: string): readonly Members[] =>
  listAt(bundle, "entry").flatMap((entry) => {
    const resource = isMembers(entry) ? entry["resource"] : undefined;
    return isMembers(resource) && resource["resourceType"] === type ? [resource] : [];
  });

/** Address of the next page; "foreign" for one outside the configured base. */
function nextPage(bundle: Members, base: string): string | undefined {
  const link = listAt(bundle, "link").find((one) => textAt(one, "relation") === "next");
  const text = textAt(link, "url");
  if (text === undefined) return undefined;
  const url = URL.canParse(text, `${base}/`) ? new URL(text, `${base}/`).href : FOREIGN;
  // SECURITY: a next page outside the configured base is not followed; what it holds counts as not read.
  return url.startsWith(`${base}?`) || url.startsWith(`${base}/`) ? url : FOREIGN;
}

const upstream = (message: string, cause?: unknown): CountersignError =>
  new CountersignError("E_UPSTREAM", message, cause === undefined ? undefined : { cause });
