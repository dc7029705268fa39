import type { Bridge, Reply, WireFault } from "#shared/ipc/contract.ts";
import type {
  AgentState,
  PageVerdict,
  RecordDetail,
  RecordPage,
  ReportOutputs,
  SavedFilter,
} from "#shared/ipc/reports.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

/** What a gateway's history answers in one state of the gallery. */
export interface FakeRecords {
  readonly page?: RecordPage;
  readonly fault?: WireFault;
  /** Absent: the check goes on and on. */
  readonly verdict?: PageVerdict;
  readonly detail?: RecordDetail;
  /** What this computer keeps of one decision. */
  readonly kept?: RecordDetail;
  readonly agent?: AgentState;
  readonly filters?: readonly SavedFilter[];
  /** Asks why, as a gateway does until it was told. */
  readonly asksWhy?: true;
}

type Answer = <T>(command: string, input: unknown, make: () => Reply<T>) => Promise<Reply<T>>;

const fault = (code: "E_CLI_OFFLINE" | "E_CLI_NOT_FOUND" | "E_QUERY_PURPOSE"): WireFault => ({
  code,
  message: sentenceOf(code),
});
const found = <T>(value: T | undefined, error: WireFault): Reply<T> =>
  value === undefined ? { ok: false, error } : { ok: true, value };
const never = <T>(): Promise<T> => new Promise(() => undefined);

export function recordCommands(records: FakeRecords | undefined, answer: Answer): Pick<Bridge, keyof ReportOutputs> {
  let wasToldWhy = records?.asksWhy !== true;
  let filters = records?.filters ?? [];
  return {
    query_records: (input) => {
      wasToldWhy ||= input.purpose !== undefined;
      const refused = wasToldWhy ? (records?.fault ?? fault("E_CLI_OFFLINE")) : fault("E_QUERY_PURPOSE");
      return answer("query_records", input, () => found(wasToldWhy ? records?.page : undefined, refused));
    },
    verify_records: (input) =>
      records?.verdict === undefined
        ? never()
        : answer("verify_records", input, () => found(records.verdict, fault("E_CLI_NOT_FOUND"))),
    open_record: (input) =>
      answer("open_record", input, () => found(records?.detail, records?.fault ?? fault("E_CLI_NOT_FOUND"))),
    open_kept: (input) =>
      answer("open_kept", input, () => found(records?.kept, records?.fault ?? fault("E_CLI_NOT_FOUND"))),
    ask_agent: (input) => answer("ask_agent", input, () => found(records?.agent, fault("E_CLI_NOT_FOUND"))),
    get_filters: (input) => answer("get_filters", input, () => ({ ok: true, value: filters })),
    set_filters: (input) =>
      answer("set_filters", input, () => {
        filters = input.filters;
        return { ok: true, value: null };
      }),
    say: (input) =>
      answer("say", input, () => ({
        ok: true,
        value: { kind: input.saying.kind, at: 1_795_876_320, digest: "sha-256:x" },
      })),
  };
}
