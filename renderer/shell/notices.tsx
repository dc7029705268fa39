import { useEffect, useRef } from "react";
import type { ReactElement } from "react";

import { useGatewayTimes } from "../state/clock.ts";
import { useSnapshot } from "../state/context.ts";
import { Region } from "../ui/layout/region.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { useAnnounce } from "../ui/live-regions.tsx";
import { PersonName } from "../ui/provenance/values.tsx";
import { words } from "../words/en-gb.ts";
import { noticesOf, resumedOf } from "./connection.ts";

/** Connection, clock and log strips, above everything that is not the demo strip. */
export function Notices(): ReactElement | null {
  const { gateways, settings } = useSnapshot();
  const nowAt = useGatewayTimes();
  const announce = useAnnounce();
  const notices = noticesOf(gateways, nowAt, settings.facility_zone);
  const urgent = notices.find((notice) => notice.isUrgent)?.text;
  useEffect(() => {
    if (urgent !== undefined) announce.assertive(urgent);
  }, [announce, urgent]);
  const stopped = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    for (const sentence of resumedOf(stopped.current, gateways)) announce.polite(sentence);
    stopped.current = new Set(gateways.filter((one) => one.everything_stopped !== undefined).map(({ iss }) => iss));
  }, [announce, gateways]);
  if (notices.length === 0) return null;
  return (
    <Region data-region="strips" tabIndex={-1} aria-label={words.shell.regions.strips}>
      {notices.map((notice) => (
        <Strip key={notice.id} kind={notice.kind}>
          {notice.text}
          {notice.by !== undefined && (
            <>
              {" "}
              {words.connection.everything.by} <PersonName value={notice.by} />.
            </>
          )}
          {notice.means !== undefined && ` ${notice.means}`}
        </Strip>
      ))}
    </Region>
  );
}
