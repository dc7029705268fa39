import { contextBridge, ipcRenderer } from "electron";

import { COMMAND_CHANNEL, EVENT_CHANNEL } from "#shared/ipc/channels.ts";
import type { AppEvent, Bridge, CommandInput, CommandName, CommandOutput, Reply } from "#shared/ipc/contract.ts";

type Command<C extends CommandName> = (input: CommandInput<C>) => Promise<Reply<CommandOutput<C>>>;

const command =
  <C extends CommandName>(name: C): Command<C> =>
  (input) =>
    ipcRenderer.invoke(COMMAND_CHANNEL, { command: name, input });

const bridge: Bridge = {
  get_snapshot: command("get_snapshot"),
  enrol_begin: command("enrol_begin"),
  enrol_cancel: command("enrol_cancel"),
  practice_begin: command("practice_begin"),
  practice_finish: command("practice_finish"),
  unlock: command("unlock"),
  lock: command("lock"),
  add_gateway: command("add_gateway"),
  revoke_keys: command("revoke_keys"),
  replace_key: command("replace_key"),
  open_review: command("open_review"),
  close_review: command("close_review"),
  reveal_claims: command("reveal_claims"),
  decide: command("decide"),
  keep_draft: command("keep_draft"),
  cancel_decision: command("cancel_decision"),
  forward: command("forward"),
  extend: command("extend"),
  list_history: command("list_history"),
  open_kept: command("open_kept"),
  begin_export: command("begin_export"),
  cancel_export: command("cancel_export"),
  ask_insights: command("ask_insights"),
  stop_insights: command("stop_insights"),
  query_records: command("query_records"),
  verify_records: command("verify_records"),
  open_record: command("open_record"),
  ask_agent: command("ask_agent"),
  get_filters: command("get_filters"),
  set_filters: command("set_filters"),
  say: command("say"),
  copy_reference: command("copy_reference"),
  run_scenario: command("run_scenario"),
  get_diagnostics: command("get_diagnostics"),
  save_diagnostics: command("save_diagnostics"),
  set_settings: command("set_settings"),
  onEvent: (listener) => {
    // SECURITY: the page gets the event's data, never the IPC event object (Electron checklist 20).
    const relay = (_: unknown, event: AppEvent) => {
      listener(event);
    };
    ipcRenderer.on(EVENT_CHANNEL, relay);
    return () => {
      ipcRenderer.removeListener(EVENT_CHANNEL, relay);
    };
  },
};

contextBridge.exposeInMainWorld("countersign", bridge);
