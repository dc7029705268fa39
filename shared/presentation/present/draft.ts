import { findHidden, makeClassifier, isQuarantining, isTierRaising } from "../text-hygiene.ts";
import type { Classifier, ClassifiedText, TextClass, TextFlag } from "../text-hygiene.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { applyPatch } from "#shared/protocol/json-patch.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { nameSpelling, TALL_MAN } from "../clinical/medicine-name.ts";
import type { NameSpelling } from "../clinical/medicine-name.ts";
import { KNOWN_UNITS } from "../clinical/unit.ts";
import { FhirNode, isMoreThan } from "../fhir-node.ts";
import type { Obstacle, PresentOptions, Provenance, Row, Tier } from "../presentation.ts";
import { flatText, tokensOf } from "../text/tokens.ts";
import { diffRecords } from "../record-diff.ts";
import type { RecordDiff } from "../record-diff.ts";
import { flagWords, OBSTACLE_WORDS } from "../words.ts";

/** What a row is made of; texts are classified here and nowhere else. */
export interface RowInput extends Omit<Row, "tokens" | "as_sent" | "must_see" | "notes" | "path"> {
  readonly text: string;
  readonly asSent?: string;
  readonly path?: string;
  readonly must_see?: boolean;
  /** Whether quarantining flags of RECORD text count: identifiers and must_show fields (3.4(2)). */
  readonly binding?: boolean;
  /** A person's name: joiners of scripts that need them are spelling. */
  readonly isName?: boolean;
}

export interface Reason {
  /** At least this tier; `next` is one more than it would be. */
  readonly tier: Tier | "next";
  readonly text: string;
}

const LONGEST_ID = 400;
/** Body and record together. Beyond it, only the raw view shows them, and the request is not approvable. */
const MOST_LEAVES = 2000;
/** Values in members that this version does not know, of the whole request, drawn one by one. */
const MOST_UNKNOWN = 500;
/** From here on the same text in another row is not looked through again. */
const LONG_TEXT = 1000;
/** One is enough to stop the approval; nobody reads more of them. */
const MOST_OBSTACLES = 200;

const withSiteNames = new WeakMap<readonly string[], readonly string[]>();

/** Names that must not be imitated: the built-in list of look-alike medicines, and the site's own on top. One list for each site's list. */
function listedDrugs(siteNames: readonly string[] | undefined): readonly string[] {
  if (siteNames === undefined) return TALL_MAN;
  const all = withSiteNames.get(siteNames) ?? [...TALL_MAN, ...siteNames];
  withSiteNames.set(siteNames, all);
  return all;
}

/**
 * The request being presented: its parsed body, its classifier, and what the section builders found on the way (rows'
 * ids, reasons for the tier, conflicts, obstacles).
 */
export class Draft {
  readonly claims: RequestClaims;
  readonly options: PresentOptions;
  readonly spelling: NameSpelling;
  readonly body: FhirNode | undefined;
  readonly before: FhirJson | undefined;
  /** The resource as it will be; `undefined` for a deletion or where nothing can be computed. */
  readonly after: FhirJson | undefined;
  readonly isUpdate: boolean;
  /** More fields than a person can be asked to read. */
  readonly isTooLong: boolean;
  readonly obstacles: Obstacle[] = [];
  readonly reasons: Reason[] = [];
  readonly conflicts: Row[] = [];
  readonly #classify: Classifier;
  readonly #ids = new Set<string>();
  /** By an id as it was wanted: the number its next bearer gets. */
  readonly #nextOfId = new Map<string, number>();
  /** JSON keys come again and again. */
  readonly #keyFlags = new Map<string, readonly TextFlag[]>();
  readonly #obstacleKeys = new Set<string>();
  readonly #longTexts = new Map<TextClass, Map<string, ClassifiedText>>();
  readonly #words = new Map<string, string>();
  readonly #unknown: FhirJson[] = [];
  #diff: RecordDiff | undefined;

  constructor(claims: RequestClaims, options: PresentOptions) {
    this.claims = claims;
    this.options = options;
    this.spelling = nameSpelling(options.drugNames);
    this.#classify = makeClassifier({
      drugNames: listedDrugs(options.drugNames),
      patientNames: options.patientNames,
      units: KNOWN_UNITS,
    });
    const { op } = claims.action;
    this.isUpdate = op.before !== undefined || ["PUT", "PATCH", "DELETE"].includes(op.method);
    const body = this.#parse(op.body, "/action/op/body", op.body === "");
    this.body = body === undefined ? undefined : new FhirNode(body);
    this.before = op.before === undefined ? undefined : this.#parse(op.before, "/action/op/before", false);
    this.after = this.#result(body);
    const size = [body, this.before, this.after === body ? undefined : this.after];
    this.isTooLong = isMoreThan(MOST_LEAVES, ...size.filter((value) => value !== undefined));
  }

  #parse(text: string, pointer: string, mayBeEmpty: boolean): FhirJson | undefined {
    try {
      return mayBeEmpty ? undefined : parseFhir(text);
    } catch {
      this.obstacle(pointer, "", OBSTACLE_WORDS.notJson);
      return undefined;
    }
  }

  #result(body: FhirJson | undefined): FhirJson | undefined {
    const { method } = this.claims.action.op;
    if (method === "DELETE") return undefined;
    if (method !== "PATCH") return body;
    if (body === undefined || this.before === undefined) return undefined;
    try {
      return applyPatch(this.before, body);
    } catch {
      this.obstacle("/action/op/body", "", OBSTACLE_WORDS.patchFails);
      return undefined;
    }
  }

  obstacle(pointer: string, token: string, why: string): void {
    // A hostile text can hold thousands of them: each is looked up, never compared with all others.
    const shown = this.safe(token);
    const key = JSON.stringify([pointer, shown, why]);
    if (this.#obstacleKeys.has(key) || this.obstacles.length === MOST_OBSTACLES) return;
    this.#obstacleKeys.add(key);
    this.obstacles.push({ pointer, token: shown, why });
  }

  /** Whether there is room to draw the leaves of unknown members one by one. */
  drawsOneByOne(members: FhirJson): boolean {
    if (isMoreThan(MOST_UNKNOWN, ...this.#unknown, members)) return false;
    this.#unknown.push(members);
    return true;
  }

  raise(tier: Reason["tier"], text: string): void {
    if (!this.reasons.some((r) => r.text === text)) this.reasons.push({ tier, text });
  }

  /** An id that no other row of this presentation has. */
  id(wanted: string): string {
    const base = wanted.length > LONGEST_ID ? `${wanted.slice(0, LONGEST_ID)}…` : wanted;
    let id = base;
    let n = this.#nextOfId.get(base) ?? 2;
    for (; this.#ids.has(id); n++) id = `${base}~${String(n)}`;
    this.#nextOfId.set(base, n);
    this.#ids.add(id);
    return id;
  }

  /** What a member's name is called: the same few names come again and again. */
  wordsOf(name: string, spell: (name: string) => string): string {
    const words = this.#words.get(name) ?? spell(name);
    this.#words.set(name, words);
    return words;
  }

  /** A text of the request inside a sentence of the app: hidden characters in their written form. */
  safe(text: string): string {
    return flatText(tokensOf(text, findHidden(text, "A"), false));
  }

  /** The net difference of an update; `undefined` where there is none, or where it is too large to be drawn. */
  get diff(): RecordDiff | undefined {
    if (this.#diff === undefined && this.isUpdate && this.before !== undefined && !this.isTooLong) {
      const isComputable = this.after !== undefined || this.claims.action.op.method === "DELETE";
      if (isComputable) this.#diff = diffRecords(this.before, this.after);
    }
    return this.#diff;
  }

  classify(text: string, cls: TextClass): ClassifiedText {
    if (text.length < LONG_TEXT) return this.#classify(text, cls);
    const known = this.#longTexts.get(cls) ?? new Map<string, ClassifiedText>();
    const classified = known.get(text) ?? this.#classify(text, cls);
    this.#longTexts.set(cls, known.set(text, classified));
    return classified;
  }

  /** Classifies a row's texts, records what they hide, and gives it a free id. */
  row(input: RowInput): Row {
    const { text, asSent, path, binding, isName, must_see, source: from, ...kept } = input;
    const cls: TextClass = isName === true ? "N" : input.prov;
    const source = this.classify(asSent ?? text, cls);
    const shown = asSent === undefined || asSent === text ? source : this.classify(text, cls);
    this.#judge(source.flags, input.prov, binding ?? false, input.pointer ?? "");
    const notes = source.flags.flatMap((flag) => this.#note(flag) ?? []);
    return {
      ...kept,
      id: this.id(input.id),
      tokens: shown.display,
      ...(shown === source ? {} : { as_sent: source.display }),
      ...(path === undefined ? {} : { path: this.classify(path, "A").display }),
      must_see: must_see ?? true,
      ...(from === undefined ? {} : { source: this.safe(from) }),
      ...(notes.length === 0 ? {} : { notes }),
      ...(input.prov === "C" ? { length: { characters: source.stats.characters, lines: source.stats.lines } } : {}),
    };
  }

  #note(flag: TextFlag): string | undefined {
    const words = flagWords(flag);
    return words === undefined ? undefined : this.safe(words);
  }

  /** Records what a text of the action hides although it is not drawn as a row of its own (JSON keys). */
  judge(text: string, pointer: string): void {
    const flags = this.#keyFlags.get(text) ?? this.classify(text, "A").flags;
    this.#keyFlags.set(text, flags);
    this.#judge(flags, "A", true, pointer);
  }

  /** The same for a text of the record that is drawn as part of another row. */
  judgeRecord(text: string, pointer: string): void {
    this.#judge(this.classify(text, "R").flags, "R", false, pointer);
  }

  /** The same for a part of a person's name. */
  judgeName(text: string, pointer: string): void {
    this.#judge(this.classify(text, "N").flags, "R", true, pointer);
  }

  #judge(flags: readonly TextFlag[], prov: Provenance, binding: boolean, pointer: string): void {
    if (prov === "K" || prov === "U") return;
    if (prov === "C") {
      if (flags.some((flag) => flag.code === "imitation")) this.raise(2, OBSTACLE_WORDS.imitation);
      return;
    }
    for (const flag of flags.filter(isTierRaising)) {
      // SECURITY: protocol.md C14, approval-experience.md 3.4(2): hidden or misleading characters stop an approval.
      if (isQuarantining(flag) && (prov === "A" || binding))
        for (const token of shownOf(flag)) this.obstacle(pointer, token, OBSTACLE_WORDS.text(flag.code));
      else this.raise(2, OBSTACLE_WORDS.oddText);
    }
  }
}

function shownOf(flag: TextFlag): readonly string[] {
  if (flag.code === "hidden") return flag.tokens;
  if (flag.code === "mixed_script") return flag.words;
  return flag.code === "look_alike" ? [`${flag.word} ≠ ${flag.like}`] : [""];
}
