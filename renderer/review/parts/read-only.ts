import { createContext, useContext } from "react";

const ReadOnlyContext = createContext(false);

/** A request that is looked at afterwards: its ticks and choices show what was signed and can no longer be made. */
export const ReadOnly = ReadOnlyContext.Provider;

export const useIsReadOnly = (): boolean => useContext(ReadOnlyContext);
