import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import type { ReactElement } from "react";

import { Panel } from "../ui/layout/panel.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { color, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import { RowValue } from "./parts/row-value.tsx";
import type { VersionChange } from "./version-diff.ts";

const Stack = styled("div")({ display: "flex", flexDirection: "column", gap: space(2) });
const Table = styled("table")({
  width: "100%",
  borderCollapse: "collapse",
  fontSize: "1.0625rem",
  "& th, & td": {
    textAlign: "start",
    verticalAlign: "top",
    padding: `${space(1)} ${space(1.5)} ${space(1)} 0`,
    overflowWrap: "anywhere",
  },
  "& tbody tr": { borderTop: `1px solid ${color("line")}` },
  "& thead th, & th[scope='row']": { fontWeight: 400, color: color("muted"), overflowWrap: "normal" },
});

interface Props {
  readonly at: string;
  readonly changes: readonly VersionChange[];
  readonly onStartAgain: () => void;
}

/** CHANGED (S8): what was read no longer applies; Approve is gone until the new version is read from the top. */
export function Changed({ at, changes, onStartAgain }: Props): ReactElement {
  const said = words.strips;
  const [isComparing, setIsComparing] = useState(false);
  return (
    <Stack>
      <Strip
        kind="alert"
        actions={
          <>
            {changes.length > FEW && (
              <Button onClick={() => setIsComparing(!isComparing)} aria-expanded={isComparing}>
                {isComparing ? said.hideBoth : said.seeBoth}
              </Button>
            )}
            <Button onClick={onStartAgain}>{said.startAgain}</Button>
          </>
        }
      >
        <strong>{said.changed(at)}</strong> {said.changedMeans}
      </Strip>
      <Panel kind="plain" title={said.whatChanged}>
        {changes.length === 0 ? (
          <p>{said.noDifference}</p>
        ) : (
          <Comparison changes={isComparing ? changes : changes.slice(0, FEW)} />
        )}
        {!isComparing && changes.length > FEW && <p>{said.moreChanges(changes.length - FEW)}</p>}
      </Panel>
    </Stack>
  );
}

const FEW = 3;

function Comparison({ changes }: { readonly changes: readonly VersionChange[] }): ReactElement {
  const { versions } = words.strips;
  return (
    <Table>
      <thead>
        <tr>
          <th scope="col">{versions.field}</th>
          <th scope="col">{versions.before}</th>
          <th scope="col">{versions.after}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ id, label, before, after }) => (
          <tr key={id}>
            <th scope="row">{label}</th>
            <td>{before === undefined ? words.review.wasAbsent : <RowValue row={before} />}</td>
            <td>
              {after === undefined ? words.review.wasAbsent : <RowValue row={after} isStrong={after.prov === "A"} />}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
