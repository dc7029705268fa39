import { inLanguage } from "../language.ts";

/** The list of keys (approval-experience.md 9). */
export const keys = inLanguage({
  title: "Keys",
  close: "Close",
  off: "Single-key shortcuts are switched off in Settings. Named keys and keys with Ctrl still work.",
  never: "No key signs anything by itself.",
  groups: [
    {
      title: "Everywhere",
      keys: [
        ["g then q", "Queue"],
        ["g then h", "History"],
        ["g then i", "Insights"],
        ["g then s", "Settings"],
        ["Ctrl+K", "Go to or change, by name"],
        ["Ctrl+L", "Lock"],
        ["F6", "Next part of the screen"],
        ["Shift+F6", "Previous part of the screen"],
        ["?", "This list"],
      ],
    },
    {
      title: "Queue",
      keys: [
        ["j or Down", "Next request"],
        ["k or Up", "Previous request"],
        ["Enter", "Open"],
        ["d", "Open and deny"],
        ["/", "Search"],
        ["Esc", "Clear the filter"],
      ],
    },
    {
      title: "Request",
      keys: [
        ["j and k", "Scroll"],
        ["Page Down", "A page on"],
        ["Page Up", "A page back"],
        ["]", "Next field not seen, or next change"],
        ["[", "Previous field not seen, or previous change"],
        ["e", "Agent's words"],
        ["r", "As sent"],
        ["a", "Approve…"],
        ["d", "Deny…"],
        ["f", "Forward"],
        ["m", "More time"],
        ["Esc", "Back to the queue"],
      ],
    },
    {
      title: "Sheets and receipt",
      keys: [
        ["1 to 8", "Reason of a denial"],
        ["Enter", "Next field, or the control that has the focus"],
        ["Esc", "Back"],
        ["z", "Go to Revoke"],
        ["n", "Next request"],
      ],
    },
  ],
} as const);
