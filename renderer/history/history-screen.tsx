import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import type { ReactElement, ReactNode } from "react";

import type { HistoryRow } from "#shared/ipc/contract.ts";
import type { RecordRow, SavedFilter } from "#shared/ipc/reports.ts";
import { formatInstant } from "#shared/presentation/clinical/date.ts";
import type { HistoryFilter } from "#shared/reports/filter.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { ExportSheet } from "../export/export-sheet.tsx";
import { useKeys } from "../keys/provider.tsx";
import { StopButton, StopSheet, type EverythingAction } from "../stop/everything.tsx";
import { useGatewayNow } from "../state/clock.ts";
import { useSnapshot } from "../state/context.ts";
import { Select } from "../ui/input/select.tsx";
import { Page } from "../ui/layout/page.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { color, space } from "../ui/theme/css.ts";
import { exporting } from "../words/en-gb/export.ts";
import { records as said } from "../words/en-gb/records.ts";
import { shell } from "../words/en-gb/shell.ts";
import { faultAt, fieldsOf, filterOf, keptOf, NO_FIELDS, type FieldFaults, type Fields } from "./filter.ts";
import { FilterBar, type Known } from "./filter-bar.tsx";
import { Found } from "./found.tsx";
import { LocalHistory } from "./local-history.tsx";
import { PurposeSheet } from "./purpose-sheet.tsx";
import { RecordScreen } from "./record/record-screen.tsx";
import { SaveSheet } from "./save-sheet.tsx";
import { useRecords, type RecordsQuery } from "./use-records.ts";

const Place = styled("div")({ position: "relative", flex: 1, minHeight: 0, display: "flex", flexDirection: "column" });
const Stack = styled("div")({ display: "flex", flexDirection: "column", gap: space(2) });
const Head = styled("header")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "baseline",
  columnGap: space(3),
  rowGap: space(0.5),
});
const Muted = styled("p")({ color: color("muted"), marginInlineEnd: "auto" });
const Field = styled("div")({
  display: "flex",
  flexDirection: "column",
  gap: space(0.25),
  "& > label": { color: color("muted"), fontSize: "0.9375rem" },
});

const NOBODY: Known = { agents: new Map(), signers: new Map() };

interface Props {
  /** At the end of the heading's line: what can be done with the list as a whole. */
  readonly actions?: ReactNode;
  /** The record that is open at first. */
  readonly opened?: RecordRow | undefined;
  /** The decision of one's own that is open at first, from this computer. */
  readonly openedKept?: HistoryRow | undefined;
  /** The sheet of the stop switch that is open at first. */
  readonly stopping?: EverythingAction | undefined;
  /** Where the person goes who does not say why they look. */
  readonly onLeave: () => void;
}

/** History (S9): what a gateway lets this person see, every row checked on this computer; offline, what this computer has. */
export function HistoryScreen({ actions, onLeave, ...start }: Props): ReactElement {
  const { settings, gateways } = useSnapshot();
  const [iss, setIss] = useState(gateways[0]?.iss ?? "");
  const now = useGatewayNow(iss, 60_000);
  const zone = settings.facility_zone;
  const bridge = useBridge();
  const search = useRef<HTMLInputElement>(null);
  const [fields, setFields] = useState(NO_FIELDS);
  const [faults, setFaults] = useState<FieldFaults>({});
  const [filter, setFilter] = useState<HistoryFilter>({});
  const [order, setOrder] = useState<RecordsQuery["order"]>("newest");
  const [saved, setSaved] = useState<readonly SavedFilter[]>([]);
  const [isSaving, setIsSaving] = useState(false);
  const [isExporting, setIsExporting] = useState(false);
  const [stopping, setStopping] = useState(start.stopping);
  const [opened, setOpened] = useState(start.opened);
  const [openedKept, setOpenedKept] = useState(start.openedKept);
  const query = useMemo(() => ({ iss, filter, order }), [iss, filter, order]);
  const list = useRecords(query);
  const { state } = list;
  const known = useKnown(state.kind === "ready" ? state.page.rows : undefined);
  const view = state.kind === "ready" ? state.page.view : undefined;
  // Of their own decisions everybody may know how they read.
  const canSeeAttention = view !== undefined && (view.attention || view.scope === "own");
  // Connected again: what this computer has gives way to what the gateway has.
  const isConnected = gateways.find((gateway) => gateway.iss === iss)?.connection.kind === "live";
  const [wasConnected, setWasConnected] = useState(isConnected);
  if (isConnected !== wasConnected) {
    setWasConnected(isConnected);
    if (isConnected && state.kind === "unreached") list.again();
  }

  useEffect(() => {
    void ask(bridge.get_filters(undefined)).then((reply) => {
      if (reply.ok) setSaved(reply.value);
    });
  }, [bridge]);
  useKeys("screen", { search: () => search.current?.focus() });

  const apply = (next: Fields): void => {
    const made = filterOf(next, zone, canSeeAttention);
    setFaults(made.faults ?? {});
    if (made.faults === undefined) setFilter(made.filter);
  };
  const change = (next: Fields): void => {
    setFields(next);
    const isTyping = next.search !== fields.search || next.from !== fields.from || next.to !== fields.to;
    if (!isTyping) apply(next);
  };
  const keep = (filters: readonly SavedFilter[]): void => {
    setSaved(filters);
    void ask(bridge.set_filters({ filters: [...filters] }));
  };

  const named = state.kind === "failed" ? faultAt(state.fault) : undefined;
  if (opened !== undefined) {
    return (
      <RecordScreen
        iss={iss}
        row={opened}
        zone={zone}
        now={now}
        onBack={(hasSpoken) => {
          setOpened(undefined);
          if (hasSpoken) list.again();
        }}
      />
    );
  }
  if (openedKept !== undefined) {
    const { key, digest: id, reference, decision, at: received_at } = openedKept;
    return (
      <RecordScreen
        isKept
        iss={key.iss}
        row={{ id, reference, decision, received_at }}
        zone={zone}
        now={now}
        onBack={() => setOpenedKept(undefined)}
      />
    );
  }
  const isAsking = state.kind === "why";
  return (
    <Place>
      <Page
        data-prov="K"
        data-region="body"
        tabIndex={-1}
        aria-label={shell.titles.history}
        aria-busy={state.kind === "loading"}
        inert={isAsking || isSaving || isExporting || stopping !== undefined}
      >
        <Stack>
          <Head>
            <ScreenHeading focusOn="history">{said.heading}</ScreenHeading>
            <Muted>{view && scopeOf(view)}</Muted>
            {actions}
            <StopButton iss={iss} onAct={setStopping} />
            {state.kind === "ready" && <Button onClick={() => setIsExporting(true)}>{exporting.open}</Button>}
          </Head>
          {state.kind === "unreached" ? (
            gateways.length > 1 && <GatewayChoice iss={iss} onChoose={setIss} />
          ) : (
            <FilterBar
              fields={fields}
              faults={named ?? faults}
              known={known}
              filters={saved}
              zone={zone}
              canSeeAttention={canSeeAttention}
              searchRef={search}
              gateways={gateways.length > 1 && <GatewayChoice iss={iss} onChoose={setIss} />}
              onChange={change}
              onFind={() => apply(fields)}
              onClear={() => {
                setFields(NO_FIELDS);
                apply(NO_FIELDS);
              }}
              onSave={() => setIsSaving(true)}
              onChoose={(one) => {
                const next = fieldsOf(one, fields);
                setFields(next);
                apply(next);
              }}
            />
          )}
          {state.kind === "loading" && <p role="status">{said.loading}</p>}
          {state.kind === "failed" && named === undefined && (
            <Strip kind="alert" actions={<Button onClick={list.again}>{said.tryAgain}</Button>}>
              {said.failed} {state.fault.message}
            </Strip>
          )}
          {state.kind === "unreached" && (
            <LocalHistory gateways={gateways} now={now} zone={zone} onAskGateway={list.again} onOpen={setOpenedKept} />
          )}
          {state.kind === "ready" && (
            <Found
              records={list}
              state={state}
              order={order}
              isFiltered={Object.keys(filter).length > 0}
              now={now}
              zone={zone}
              isCompact={settings.density === "compact"}
              onOrder={setOrder}
              onOpen={setOpened}
              onFrom={(from) => {
                const next = { ...fields, from: formatInstant(from, zone).slice(0, 11) };
                setFields(next);
                apply(next);
              }}
            />
          )}
        </Stack>
      </Page>
      {isExporting && <ExportSheet iss={iss} filter={filter} onClose={() => setIsExporting(false)} />}
      {stopping !== undefined && (
        <StopSheet
          iss={iss}
          action={stopping}
          zone={zone}
          onClose={() => {
            setStopping(undefined);
            list.again();
          }}
        />
      )}
      {isAsking && <PurposeSheet onSay={list.sayWhy} onBack={onLeave} />}
      {isSaving && (
        <SaveSheet
          filters={saved}
          onSave={(name) => {
            keep([...saved.filter((one) => one.name !== name), { name, filter: keptOf(fields, zone) }].slice(-20));
            setIsSaving(false);
          }}
          onRemove={(name) => keep(saved.filter((one) => one.name !== name))}
          onBack={() => setIsSaving(false)}
        />
      )}
    </Place>
  );
}

function scopeOf({
  scope,
  units,
}: {
  readonly scope: "own" | "units" | "all";
  readonly units: readonly string[];
}): string {
  return scope === "units" ? said.scope.units(units.join(", ")) : said.scope[scope];
}

/** Names of people and agents in the rows so far, to choose from. */
function useKnown(rows: readonly RecordRow[] | undefined): Known {
  const [known, setKnown] = useState(NOBODY);
  const [last, setLast] = useState<readonly RecordRow[]>();
  if (rows !== undefined && rows !== last) {
    setLast(rows);
    const agents = new Map(known.agents);
    const signers = new Map(known.signers);
    for (const { agent, signers: people } of rows) {
      if (agent !== undefined) agents.set(agent.sub, agent.name);
      for (const { sub, name } of people) signers.set(sub, name);
    }
    if (agents.size !== known.agents.size || signers.size !== known.signers.size) setKnown({ agents, signers });
  }
  return known;
}

function GatewayChoice({
  iss,
  onChoose,
}: {
  readonly iss: string;
  readonly onChoose: (iss: string) => void;
}): ReactElement {
  const id = useId();
  const { gateways } = useSnapshot();
  return (
    <Field>
      <label htmlFor={id}>{said.gateway}</label>
      <Select value={iss} inputProps={{ id }} onChange={(event) => onChoose(event.target.value)}>
        {gateways.map((gateway) => (
          <option key={gateway.iss} value={gateway.iss}>
            {gateway.name}
          </option>
        ))}
      </Select>
    </Field>
  );
}
