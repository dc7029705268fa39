import { CountersignError } from "#shared/protocol/error.ts";

/** What the file system says, in a sentence for whoever asked. */
export function placeError(error: unknown, to: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
    case "E_STORE_FULL":
      return new CountersignError(
        "E_STORE_FULL",
        `There is no room on the disk that holds ${to}. Nothing was left there.`,
      );
    case "ENOENT":
    case "ENOTDIR":
      return new CountersignError("E_CLI_INPUT", `The folder that is to hold ${to} does not exist.`, { cause: error });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new CountersignError("E_STORE_READONLY", `${to} cannot be written. Nothing was left there.`, {
        cause: error,
      });
    default:
      return error;
  }
}
