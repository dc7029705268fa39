import { CountersignError } from "#shared/protocol/error.ts";

import type { Directory } from "../directory/directory.ts";
import { command, need } from "./command.ts";
import { actor, listOf, personUri, withAuthority } from "./directory-session.ts";
import { writeNew } from "./files.ts";
import { DIRECTORY_OPTION } from "./folders.ts";

const NAME = "directory ticket";

/** Issues an enrolment ticket (protocol.md 3.13, 3.22). The ticket is the answer; the code goes another way. */
export const directoryTicket = command({
  name: NAME,
  usage:
    "--approver URI|NAME --pools A,B [--roles A,B] [--name TEXT] [--reg-no TEXT] [--npi TEXT] [--ws-endpoint URL | --gateway ISS] [--by WHO] [--out FILE] [--code-out FILE]",
  summary:
    "Adds or updates a person and issues an enrolment ticket for 15 minutes. The ticket is printed, its code on standard error: send them by different ways.",
  takes: 0,
  options: {
    ...DIRECTORY_OPTION,
    approver: { type: "string" },
    pools: { type: "string" },
    roles: { type: "string" },
    name: { type: "string" },
    "reg-no": { type: "string" },
    npi: { type: "string" },
    "ws-endpoint": { type: "string" },
    gateway: { type: "string" },
    by: { type: "string" },
    out: { type: "string" },
    "code-out": { type: "string" },
  },
  run({ values, io }) {
    const given = need(values.approver, NAME, "approver");
    return withAuthority(values.directory, io, (authority) => {
      const { directory, iss } = authority;
      const sub = personUri(iss, given);
      const known = directory.records.approver(sub);
      const pools = values.pools === undefined ? (known?.pools ?? []) : listOf(values.pools);
      if (pools.length === 0) throw new CountersignError("E_CLI_INPUT", `${sub} needs a pool: give --pools A,B.`);
      const regNo = values["reg-no"] ?? known?.reg_no;
      const npi = values.npi ?? known?.npi;
      const ws_endpoint = endpoint(directory, values["ws-endpoint"], values.gateway);
      authority.putApprover({
        sub,
        name: values.name ?? known?.name ?? given,
        pools,
        roles: values.roles === undefined ? (known?.roles ?? []) : listOf(values.roles),
        ...(regNo === undefined ? {} : { reg_no: regNo }),
        ...(npi === undefined ? {} : { npi }),
      });
      const by = actor(iss, values.by, io);
      const { ticket, code } = authority.issueTicket({ sub, by, ws_endpoint });
      const text = JSON.stringify(ticket);
      if (values.out !== undefined) writeNew(values.out, `${text}\n`);
      io.out(text);
      if (values["code-out"] !== undefined) writeNew(values["code-out"], `${code}\n`, true);
      else io.err(`Code (send it another way): ${code}`);
      io.err(`When the person has typed it, a second person runs: countersign directory confirm ${ticket.ticket_id}`);
      return 0;
    });
  },
});

/** Where the person's app connects: as given, or what the directory vouched for. */
function endpoint(directory: Directory, wsEndpoint: string | undefined, gateway: string | undefined): string {
  if (wsEndpoint !== undefined) return wsEndpoint;
  const gateways = directory.records.credentials("gateway").map(({ name }) => name);
  const names = [...new Set(gateways)];
  const chosen = gateway ?? (names.length === 1 ? names[0] : undefined);
  const claims = chosen === undefined ? undefined : directory.view.gateway(chosen)?.claims;
  if (claims !== undefined) return claims.ws_endpoint;
  throw new CountersignError(
    "E_CLI_INPUT",
    names.length === 0
      ? "The directory vouches for no gateway yet. Run countersign directory vouch first, or give --ws-endpoint."
      : `Which gateway? Give --gateway with one of: ${names.join(" ")}`,
  );
}
