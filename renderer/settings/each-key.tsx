import type { ReactElement } from "react";

import type { GatewayStatus } from "#shared/ipc/contract.ts";

import { nameAmong } from "../state/gateways.ts";
import { RecordValue } from "../ui/provenance/values.tsx";

interface Props {
  readonly gateways: readonly GatewayStatus[];
  readonly children: (iss: string) => ReactElement;
}

/** The same for each key of the person: one at each gateway, whose name is said where there are several. */
export function EachKey({ gateways, children }: Props): ReactElement {
  return (
    <>
      {gateways
        .filter(({ connection }) => connection.kind !== "unopened")
        .map(({ iss }) => {
          const name = nameAmong(gateways, iss);
          return (
            <div key={iss} role={name === undefined ? undefined : "group"} aria-label={name}>
              {name !== undefined && (
                <h3>
                  <RecordValue value={name} />
                </h3>
              )}
              {children(iss)}
            </div>
          );
        })}
    </>
  );
}
