import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { formatInstant } from "#shared/presentation/clinical/date.ts";
import type { GatewayStatus } from "#shared/ipc/contract.ts";

import { Hint } from "../ui/layout/page.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { RecordValue } from "../ui/provenance/values.tsx";
import { color, space } from "../ui/theme/css.ts";
import { connection } from "../words/en-gb/shell.ts";
import { settings as text } from "../words/en-gb/settings.ts";

const Facts = styled("dl")({
  display: "grid",
  gridTemplateColumns: "minmax(9rem, max-content) 1fr",
  columnGap: space(3),
  rowGap: space(0.5),
  marginBlockStart: space(1),
  "& dt": { color: color("muted") },
});

/** What IT wants to know of each gateway; read only (S12). */
export function GatewayList({
  gateways,
  zone,
}: {
  readonly gateways: readonly GatewayStatus[];
  readonly zone: string;
}): ReactElement {
  return (
    <>
      {gateways.map((gateway) => (
        <section key={gateway.iss} aria-label={gateway.name}>
          <h3>
            <RecordValue value={gateway.name} />
          </h3>
          {gateway.log_alarm !== undefined && <Strip kind="stop">{connection.logAlarm(gateway.log_alarm)}</Strip>}
          {gateway.earlier_logs !== undefined && <Strip kind="info">{connection.logBeganAnew}</Strip>}
          <Facts>
            <dt>{text.connection}</dt>
            <dd>{connection.states[gateway.connection.kind]}</dd>
            <dt>{text.lastMessage}</dt>
            <dd>
              {gateway.last_message_at === undefined ? text.notKnown : formatInstant(gateway.last_message_at, zone)}
            </dd>
            <dt>{text.clock}</dt>
            <dd>
              {gateway.clock_offset_s === undefined
                ? text.notKnown
                : text.clockOffset(Math.round(gateway.clock_offset_s))}
            </dd>
            <dt>{text.refused}</dt>
            <dd>
              <Refused counts={gateway.refused} />
            </dd>
          </Facts>
        </section>
      ))}
      <Hint>{text.refusedHint}</Hint>
    </>
  );
}

function Refused({ counts }: { readonly counts: GatewayStatus["refused"] }): ReactElement {
  const entries = Object.entries(counts);
  if (entries.length === 0) return <>{text.none}</>;
  return (
    <ul>
      {entries.map(([code, count]) => (
        <li key={code}>
          {code}: {count}
        </li>
      ))}
    </ul>
  );
}
