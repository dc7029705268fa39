import { styled } from "@mui/material/styles";
import type { MouseEvent, ReactElement } from "react";

import type { GatewayStatus, HistoryRow } from "#shared/ipc/contract.ts";

import { actionWords } from "../review/action-words.ts";
import { nameAmong } from "../state/gateways.ts";
import { QuestionCircle, WarningTriangle } from "../ui/icons.tsx";
import { ActionText, Monospaced, PersonName, RecordValue } from "../ui/provenance/values.tsx";
import { stickyHead } from "../ui/layout/sticky-head.ts";
import { color, space } from "../ui/theme/css.ts";
import { history } from "../words/en-gb/history.ts";
import { kept } from "../words/en-gb/kept.ts";
import { requests } from "../words/en-gb/requests.ts";
import { Time } from "./moment.tsx";
import { Loud, Unsure } from "./signature.tsx";

const Table = styled("table")({
  width: "100%",
  borderCollapse: "collapse",
  "& th, & td": {
    textAlign: "start",
    verticalAlign: "top",
    padding: `${space(1)} ${space(1.5)}`,
    borderBottom: `1px solid ${color("line")}`,
    overflowWrap: "break-word",
  },
  // The name of a medicine is never broken for the sake of a reference.
  "& td:nth-of-type(4)": { minWidth: "10rem" },
  // Two lines of a reference, and not a ladder.
  "& td:nth-of-type(6)": { minWidth: "13rem" },
  "& td:first-of-type": { width: "8rem" },
  // A family name is not broken before its comma.
  "& td:nth-of-type(3)": { minWidth: "8rem" },
  "& th": { color: color("muted"), fontWeight: 400, whiteSpace: "nowrap" },
  ...stickyHead,
});
const Row = styled("tr")({ cursor: "pointer", "&:hover": { backgroundColor: color("hover") } });
const Open = styled("button")({
  font: "inherit",
  color: color("primary"),
  background: "none",
  border: 0,
  padding: 0,
  minHeight: "1.5rem",
  textAlign: "start",
  textDecoration: "underline",
  cursor: "pointer",
});
const Small = styled("p")({ color: color("muted"), fontSize: "0.9375rem" });

interface Props {
  readonly rows: readonly HistoryRow[];
  readonly gateways: readonly GatewayStatus[];
  readonly zone: string;
  readonly onOpen: (row: HistoryRow) => void;
}

/** The decisions that this computer keeps; each opens its record, by its button or anywhere in its row. */
export function HistoryTable({ rows, gateways, zone, onOpen }: Props): ReactElement {
  const { columns } = history;
  const open = (event: MouseEvent, row: HistoryRow): void => {
    // Once, and not by the row as well.
    event.stopPropagation();
    onOpen(row);
  };
  return (
    <Table>
      <thead>
        <tr>
          {Object.entries(columns).map(([name, label]) => (
            <th key={name} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.digest} onClick={() => onOpen(row)}>
            <td>
              <Time at={row.at} zone={zone} />
            </td>
            <td>{history.decisions[row.decision]}</td>
            <td>
              <PersonName value={row.patient_name} />
            </td>
            <td>
              {actionWords(row.action_type) ?? <ActionText value={row.action_type} />}
              {row.item !== "" && (
                <div>
                  <ActionText value={row.item} />
                </div>
              )}
              <At gateway={nameAmong(gateways, row.key.iss)} />
            </td>
            <td>{history.outcomes[row.outcome]}</td>
            <td>
              <Open aria-label={kept.open(row.reference)} onClick={(event) => open(event, row)}>
                <Monospaced>
                  <RecordValue value={row.reference} dir="ltr" />
                </Monospaced>
              </Open>
            </td>
            <td>
              <KeptSignature signature={row.signature} />
              {row.why !== undefined && <Small>{row.why}</Small>}
            </td>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

function KeptSignature({ signature }: Pick<HistoryRow, "signature">): ReactElement {
  const said = history.signatures;
  switch (signature) {
    case "valid":
      return <>{said.valid}</>;
    case "not_valid":
      return (
        <Loud role="alert">
          <WarningTriangle /> {said.not_valid}
        </Loud>
      );
    case "cannot_check":
      return (
        <Unsure>
          <QuestionCircle /> {said.cannot_check}
        </Unsure>
      );
    default:
      return signature satisfies never;
  }
}

/** Where there are several gateways. */
function At({ gateway }: { readonly gateway: string | undefined }): ReactElement | null {
  if (gateway === undefined) return null;
  return (
    <Small>
      {requests.gateway} <RecordValue value={gateway} />
    </Small>
  );
}
