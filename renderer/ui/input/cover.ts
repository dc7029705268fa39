import { createContext } from "react";

/** Names what lies over the whole window, if anything does. SECURITY: a control that it covered is armed anew once it is gone. */
export const CoverContext = createContext<string | undefined>(undefined);
