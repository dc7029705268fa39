import { command } from "./command.ts";
import { withAuthority } from "./directory-session.ts";
import { DIRECTORY_OPTION } from "./folders.ts";

/**
 * Signs what waits for the root key: keys that were rotated (authorised by the old key) and stops that a gateway
 * reported. Run it from a timer where the root key is kept.
 */
export const directorySign = command({
  name: "directory sign",
  usage: "",
  summary: "Signs rotated keys and the stops that gateways reported. Run it every minute where the root key is kept.",
  takes: 0,
  options: DIRECTORY_OPTION,
  run: ({ values, io }) =>
    withAuthority(values.directory, io, (authority) => {
      const stops = authority.signStops();
      const rotations = authority.signRotations();
      io.out(JSON.stringify({ rotations, stops }));
      return 0;
    }),
});
