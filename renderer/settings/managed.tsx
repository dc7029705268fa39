import type { ReactElement } from "react";

import { Hint } from "../ui/layout/page.tsx";
import { settings as text } from "../words/en-gb/settings.ts";

/** Beside a setting that cannot be changed here, and why (approval-experience.md S12). */
export const Managed = (): ReactElement => (
  <Hint>
    <strong>{text.managed}</strong>
  </Hint>
);
