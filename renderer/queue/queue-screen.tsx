import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useMemo, useRef, useState } from "react";
import type { ReactElement } from "react";

import { formatTimeToday } from "#shared/presentation/clinical/date.ts";
import type { RequestKey } from "#shared/ipc/contract.ts";

import { useKeys } from "../keys/provider.tsx";
import { withTick } from "../review/choices.ts";
import { useGatewayTimes } from "../state/clock.ts";
import { useSnapshot } from "../state/context.ts";
import { Strip } from "../ui/layout/strip.tsx";
import { useAnnounce } from "../ui/live-regions.tsx";
import { space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import { EmptyQueue } from "./empty.tsx";
import { QueueFoot } from "./foot.tsx";
import { RequestList } from "./list.tsx";
import type { ListHandle } from "./list.tsx";
import { useNameAlerts } from "./use-name-alerts.ts";
import { floods } from "./flood.ts";
import { itemsOf, neighbour } from "./items.ts";
import { areAllLive, freshness } from "./freshness.ts";
import { isUrgent, NO_FILTER } from "./order.ts";
import { idOf } from "../state/app-view.ts";
import type { Filter, Sort } from "./order.ts";
import { Toolbar } from "./toolbar.tsx";
import { useFrozenList } from "./use-frozen-list.ts";

const Screen = styled("main")<{ readonly dense: boolean }>(({ dense }) => ({
  "--row-gap": dense ? space(0.75) : space(1.5),
  flex: 1,
  minHeight: 0,
  display: "flex",
  flexDirection: "column",
}));
interface Focus {
  readonly id: string;
  /** Absent for the head of a group. */
  readonly key: RequestKey | undefined;
}

interface Props {
  /** The request that was open last: moving starts from it. */
  readonly last: RequestKey | undefined;
  readonly onOpen: (key: RequestKey, intent: "read" | "deny") => void;
}

/** The queue (S3): a full-width list that never moves under the hand, and no decision in it. */
export function QueueScreen({ last, onOpen }: Props): ReactElement {
  const { rows, settings, gateways } = useSnapshot();
  const nowAt = useGatewayTimes();
  const announce = useAnnounce();
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const [sort, setSort] = useState<Sort>("due");
  const [focused, setFocused] = useState<Focus | undefined>(() => last && { id: idOf(last), key: last });
  const [openFloods, setOpenFloods] = useState<ReadonlySet<string>>(new Set());
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<ListHandle>(null);
  const { lines, waiting, hiddenUrgent, show } = useFrozenList(rows, filter, sort);
  const alerts = useNameAlerts(lines);
  const flooding = useMemo(() => floods(lines.map(({ row }) => row)), [lines]);
  const items = useMemo(() => itemsOf(lines, flooding, openFloods), [lines, flooding, openFloods]);
  const zone = settings.facility_zone;
  const checkedAt = areAllLive(gateways) ? formatTimeToday(nowAt(undefined), nowAt(undefined), zone).text : undefined;

  const showNew = (): void => {
    show();
    // The button goes; the focus goes back to the row it came from, wherever that is now.
    if (focused !== undefined) requestAnimationFrame(() => list.current?.focusId(focused.id));
  };
  const move = (step: 1 | -1): void => {
    if (items.length > 0) list.current?.focusItem(neighbour(items, focused?.id, step));
  };
  useKeys("screen", {
    next: () => move(1),
    previous: () => move(-1),
    first: () => list.current?.focusItem(0),
    last: () => list.current?.focusItem(items.length - 1),
    search: () => search.current?.focus(),
    escape: () => setFilter(NO_FILTER),
    approve: () => announce.polite(words.queue.approveHint),
    deny: () => {
      if (focused?.key === undefined) announce.polite(words.queue.chooseHint);
      else onOpen(focused.key, "deny");
    },
  });

  return (
    <Screen dense={settings.density === "compact"} data-prov="K">
      <Toolbar
        rows={rows}
        total={rows.length}
        filter={filter}
        sort={sort}
        searchRef={search}
        onFilter={setFilter}
        onSort={setSort}
      />
      {lines.length === 0 ? (
        <EmptyQueue
          checkedAt={checkedAt}
          isFiltered={rows.length > 0}
          isStopped={
            gateways.length > 0 && gateways.every(({ everything_stopped }) => everything_stopped !== undefined)
          }
          onClearFilter={() => setFilter(NO_FILTER)}
        />
      ) : (
        <RequestList
          ref={list}
          items={items}
          alerts={alerts}
          focused={focused?.id}
          gateways={gateways}
          nowAt={nowAt}
          zone={zone}
          onOpen={(key) => onOpen(key, "read")}
          onFocus={(item) => setFocused({ id: item.id, key: item.kind === "line" ? item.line.row.key : undefined })}
          onToggleFlood={(id) => setOpenFloods(withTick(openFloods, id, !openFloods.has(id)))}
        />
      )}
      {/* Below the list: what comes and goes here must not move a row under the hand (P9, AC16). */}
      {waiting.length > 0 && (
        <Strip kind="info" actions={<Button onClick={showNew}>{words.queue.show}</Button>}>
          {words.queue.newRequests(waiting.length, waiting.filter(isUrgent).length)}
        </Strip>
      )}
      {hiddenUrgent > 0 && (
        <Strip kind="amber" actions={<Button onClick={() => setFilter(NO_FILTER)}>{words.queue.showAll}</Button>}>
          {words.queue.hiddenUrgent(hiddenUrgent)}
        </Strip>
      )}
      <QueueFoot areSingleKeysOn={settings.single_keys} asOf={freshness(gateways, nowAt, zone)} />
    </Screen>
  );
}
