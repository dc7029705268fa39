import type { ActionName } from "#shared/protocol/names.ts";

import type { PolicyInput } from "../ports.ts";
import { isMembers, listAt, membersAt, textAt, type Members } from "../requests/facts-json.ts";

/** Where each resource type says to whom it goes. */
const RECIPIENTS: Readonly<Record<string, readonly string[]>> = {
  ServiceRequest: ["performer"],
  DeviceRequest: ["performer"],
  SupplyRequest: ["supplier", "deliverTo"],
  Communication: ["recipient"],
  CommunicationRequest: ["recipient"],
  Task: ["owner"],
  Subscription: ["channel"],
};

/**
 * Whether something goes to somebody who is not known to belong here. A recipient without a reference, and a release
 * without a recipient, count as outside: nobody is inside by not being named.
 */
export function leavesOrganisation(
  after: Members | undefined,
  action: ActionName,
  input: PolicyInput,
  home: readonly string[],
): boolean {
  const type = textAt(after, "resourceType") ?? "";
  const own = input.gathered.patient?.ref;
  const recipients = [
    ...(RECIPIENTS[type] ?? []).flatMap((name) => recipientsAt(after, name)),
    ...recipientsAt(membersAt(after, "dispenseRequest"), "performer"),
  ];
  if (action === "data.release" && recipients.length === 0) return true;
  return recipients.some((recipient) => {
    const reference = textAt(recipient, "reference");
    return reference === undefined || (reference !== own && !isHome(reference, home));
  });
}

function recipientsAt(resource: Members | undefined, name: string): readonly Members[] {
  const one = membersAt(resource, name);
  return one === undefined ? listAt(resource, name).filter(isMembers) : [one];
}

const isHome = (reference: string, home: readonly string[]): boolean =>
  home.includes(reference) || home.includes(`${reference.slice(0, reference.indexOf("/"))}/*`);
