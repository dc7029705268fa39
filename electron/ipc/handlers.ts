import type { CommandInput, OwnSettings, RequestKey, Settings } from "#shared/ipc/contract.ts";
import type { SavedFilter } from "#shared/ipc/reports.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { diagnosticsName, diagnosticsText, type Machine } from "./diagnostics.ts";
import type { Handlers } from "./dispatch.ts";
import { makeExportCommands } from "./export-commands.ts";
import type { Workstation } from "./workstation-port.ts";

export interface HandlerParts {
  readonly workstation: Workstation;
  readonly settings: {
    get(): Settings;
    filters(): readonly SavedFilter[];
    setFilters(filters: readonly SavedFilter[]): void;
    set(changes: { readonly [K in keyof OwnSettings]?: OwnSettings[K] | undefined }): Settings;
  };
  /** @throws CountersignError `E_CLI_INPUT` for a time zone that there is not, or a file without certificates */
  readonly checkSettings: (changes: CommandInput<"set_settings">) => Promise<void>;
  /** @throws CountersignError `E_CLI_NOT_FOUND` where there is no such scenario, and outside the demonstration */
  readonly runScenario: (id: string) => Promise<void>;
  readonly copy: (text: string) => void;
  readonly machine: Machine;
  /** Asks where, and writes. False when the person changed their mind. @throws CountersignError `E_CLI_FILE` */
  readonly saveText: (name: string, text: string) => Promise<boolean>;
  /** Asks where a file goes. Undefined when the person changed their mind. */
  readonly askWhere: (name: string) => Promise<string | undefined>;
  /** For enrolments that end after their command was answered. */
  readonly onFault: (error: unknown) => void;
}

/** What each command of the contract does. Inputs were parsed; refusals are thrown. */
export function makeHandlers(parts: HandlerParts): Handlers {
  const { workstation, settings, checkSettings, copy, onFault } = parts;
  const exporting = makeExportCommands(parts);
  let shownDiagnostics: { readonly name: string; readonly text: string } | undefined;
  const deskOf = ({ iss }: RequestKey) => workstation.desks().at(iss);
  const recordsOf = ({ iss }: { readonly iss: string }) => workstation.desks().at(iss).records;
  const notice = (which: "copied" | "saved"): void => {
    workstation.publisher().publish({ kind: "notice", notice: which });
  };
  return {
    get_snapshot: () => workstation.snapshot(),
    async enrol_begin(input) {
      const { done } = await workstation.beginEnrolment(input);
      // Answered once it has begun; the steps come as events.
      done.catch(onFault);
      return null;
    },
    async enrol_cancel() {
      await workstation.cancelEnrolment();
      return null;
    },
    async practice_begin() {
      await workstation.beginPractice();
      return null;
    },
    async practice_finish() {
      await workstation.finishPractice();
      return null;
    },
    async unlock({ kid, pin }) {
      await workstation.unlock(kid, pin);
      return null;
    },
    lock() {
      workstation.lock();
      return null;
    },
    add_gateway() {
      workstation.addGateway();
      return null;
    },
    async revoke_keys() {
      await workstation.desks().revokeKeys();
      workstation.lock();
      return null;
    },
    async replace_key({ iss, pin }) {
      await workstation.replaceKey(iss, pin);
      return null;
    },
    open_review: ({ key }) => workstation.desks().openReview(key),
    close_review() {
      workstation.closeReview();
      return null;
    },
    reveal_claims({ key }) {
      deskOf(key).revealClaims(key);
      return null;
    },
    async decide(input) {
      const desk = deskOf(input.key);
      const receipt = await desk.decide(input);
      workstation.decidedAt(desk);
      return receipt;
    },
    keep_draft(input) {
      workstation.keepDraft(input);
      return null;
    },
    cancel_decision() {
      workstation.desks().cancelDecision();
      return null;
    },
    async forward({ key, rev, to, note }) {
      await deskOf(key).forward(key, rev, to, note);
      return null;
    },
    async extend({ key, rev, seconds }) {
      await deskOf(key).extend(key, rev, seconds);
      return null;
    },
    list_history: ({ limit, before }) => workstation.desks().history(limit, before),
    ...exporting,
    ask_insights: ({ iss, ...wanted }) =>
      workstation
        .desks()
        .at(iss)
        .insights(wanted, (read) => {
          workstation.publisher().publish({ kind: "insights", iss, read });
        }),
    stop_insights({ iss }) {
      workstation.desks().at(iss).stopInsights();
      return null;
    },
    query_records: (input) => recordsOf(input).query(input),
    verify_records: (input) => recordsOf(input).verify(input.ids),
    open_record: (input) => recordsOf(input).open(input.id),
    open_kept: ({ iss, digest }) => workstation.desks().at(iss).kept(digest),
    ask_agent: (input) => recordsOf(input).agent(input.agent),
    say: (input) => recordsOf(input).say(input.saying),
    get_filters: () => settings.filters(),
    set_filters({ filters }) {
      settings.setFilters(filters);
      notice("saved");
      return null;
    },
    copy_reference({ key }) {
      copy(deskOf(key).reference(key));
      notice("copied");
      return null;
    },
    async run_scenario({ id }) {
      // SECURITY: only for who is at work, as everything that reaches a queue.
      workstation.desks();
      await parts.runScenario(id);
      return null;
    },
    get_diagnostics() {
      const snapshot = workstation.snapshot();
      const text = diagnosticsText(snapshot, parts.machine);
      shownDiagnostics = { name: diagnosticsName(snapshot.now), text };
      return { text };
    },
    async save_diagnostics() {
      if (shownDiagnostics === undefined) throw new CountersignError("E_CLI_NOT_SHOWN");
      const saved = await parts.saveText(shownDiagnostics.name, shownDiagnostics.text);
      if (saved) notice("saved");
      return { saved };
    },
    async set_settings(changes) {
      await checkSettings(changes);
      const saved = settings.set(changes);
      workstation.publisher().publish({ kind: "settings", settings: saved });
      notice("saved");
      return saved;
    },
  };
}
