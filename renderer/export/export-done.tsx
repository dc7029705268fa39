import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { ExportResult } from "#shared/ipc/exports.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";

import { Hint, Stack } from "../ui/layout/page.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { Monospaced } from "../ui/provenance/values.tsx";
import { color, NARROW, space } from "../ui/theme/css.ts";
import { exporting as text } from "../words/en-gb/export.ts";

const Facts = styled("dl")({
  display: "grid",
  gridTemplateColumns: "8rem 1fr",
  columnGap: space(2),
  rowGap: space(1),
  margin: 0,
  "& dt": { color: color("muted") },
  "& dd": { margin: 0, overflowWrap: "anywhere" },
  [NARROW]: { gridTemplateColumns: "1fr", rowGap: 0, "& dd": { marginBottom: space(1) } },
});

/** As every tool prints it. */
const hexOf = (digest: string): string =>
  Array.from(decodeBase64url(digest.slice(digest.indexOf(":") + 1)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );

const VERDICTS = ["valid", "valid_retired", "erased", "cannot_check"] as const;

/** What came of it, with the digest by which the file is known (approval-experience.md 11). */
export function ExportDone({ result }: { readonly result: ExportResult }): ReactElement {
  const { file, rows, bytes, digest, checked, left_out } = result;
  return (
    <Stack>
      {checked.not_valid > 0 && <Strip kind="alert">{text.checks.not_valid(checked.not_valid)}</Strip>}
      {left_out > 0 && <Strip kind="amber">{text.leftOut(left_out)}</Strip>}
      <Facts>
        <dt>{text.file}</dt>
        <dd>{file}</dd>
        <dt>{text.count}</dt>
        <dd>{rows.toLocaleString("en-GB")}</dd>
        <dt>{text.size}</dt>
        <dd>{text.bytes(bytes)}</dd>
        <dt>{text.checked}</dt>
        <dd>
          {VERDICTS.filter((kind) => checked[kind] > 0 || (kind === "valid" && rows === 0)).map((kind) => (
            <div key={kind}>{text.checks[kind](checked[kind])}</div>
          ))}
        </dd>
        <dt>{text.digest}</dt>
        <dd>
          <Monospaced>{hexOf(digest)}</Monospaced>
          <Hint>{text.digestMeans(digest)}</Hint>
        </dd>
      </Facts>
    </Stack>
  );
}
