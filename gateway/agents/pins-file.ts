/** Definitions of tools that were accepted, in the data folder. */
export const PINS_FILE = "mcp-tools.json";
