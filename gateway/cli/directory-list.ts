import { openDirectory } from "../directory/directory.ts";
import { command } from "./command.ts";
import { withAuthority } from "./directory-session.ts";
import { writeNew } from "./files.ts";
import { DIRECTORY_OPTION, directoryFolder } from "./folders.ts";

/** Who has keys, which gateways are vouched for, and what waits. */
export const directoryList = command({
  name: "directory list",
  usage: "[--json]",
  summary: "Lists people's keys with their state, gateways, and enrolments that wait for the second person.",
  takes: 0,
  options: { ...DIRECTORY_OPTION, json: { type: "boolean" } },
  run({ values, io }) {
    return withAuthority(values.directory, io, (authority) => {
      const { view, records } = authority.directory;
      const keys = view.keys().map((key) => ({
        kid: key.kid,
        sub: key.claims.sub,
        name: key.claims.name,
        status: key.status,
        ...(key.reason === undefined ? {} : { reason: key.reason }),
        pools: key.claims.pools,
        roles: key.claims.roles,
        key_storage: key.claims.key_storage,
        exp: key.exp,
      }));
      const gateways = [...new Set(records.credentials("gateway").map(({ name }) => name))];
      const pending = authority.pending();
      if (values.json === true) {
        io.out(JSON.stringify({ iss: authority.iss, jwk: authority.directory.jwk, keys, gateways, pending }));
        return 0;
      }
      io.out(`directory  ${authority.iss}  key ${authority.kid}`);
      for (const iss of gateways) io.out(`gateway    ${iss}`);
      for (const key of keys) {
        const until = new Date(key.exp * 1000).toISOString().slice(0, 10);
        io.out(`${key.status.padEnd(9)}  ${key.kid}  ${key.name ?? key.sub}  ${key.pools.join(",")}  until ${until}`);
      }
      for (const wait of pending) io.out(`waiting    ${wait.ticket_id}  ${wait.name}  ${wait.device}`);
      return 0;
    });
  },
});

/** The directory's public key: what `countersign verify --directory-key` and every client trust. */
export const directoryKey = command({
  name: "directory key",
  usage: "[--out FILE]",
  summary: "Prints the directory's public key as a JWK, for countersign verify.",
  takes: 0,
  options: { ...DIRECTORY_OPTION, out: { type: "string" } },
  run({ values, io }) {
    const directory = openDirectory(directoryFolder(values.directory, io), { clock: io.clock });
    const text = JSON.stringify(directory.jwk);
    directory.close();
    if (values.out !== undefined) writeNew(values.out, `${text}\n`);
    io.out(text);
    return 0;
  },
});
