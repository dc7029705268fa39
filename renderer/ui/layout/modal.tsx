import { createContext, useContext, useEffect, useState } from "react";
import type { ReactElement, ReactNode } from "react";

const IsOpenContext = createContext(false);
const EnterContext = createContext<() => () => void>(() => () => undefined);

/** Knows whether a sheet is open, so that what lies behind it can be made inert. */
export function ModalProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [open, setOpen] = useState(0);
  const [enter] = useState(() => () => {
    setOpen((count) => count + 1);
    return () => setOpen((count) => count - 1);
  });
  return (
    <EnterContext value={enter}>
      <IsOpenContext value={open > 0}>{children}</IsOpenContext>
    </EnterContext>
  );
}

/** Is a sheet open over this part of the page? */
export const useIsBehindSheet = (): boolean => useContext(IsOpenContext);

/** Marks the page as covered while the sheet is mounted. */
export function useCoversPage(): void {
  const enter = useContext(EnterContext);
  useEffect(enter, [enter]);
}
