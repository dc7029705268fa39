import { inLanguage } from "../language.ts";

/** Words of what is there to be learned from: the demonstration's menu, and what a careful person does (S13). */
export const demo = inLanguage({
  heading: "Scenarios",
  intro:
    "The sample agents ask for what you choose, and it comes to your queue as any request does. What a careful person does is told once you have decided.",
  ask: "Ask for it",
  asked: "Asked for. It is in your queue.",
  none: "There are no sample agents here. Start the demonstration with npm start.",
} as const);

export const lesson = inLanguage({
  title: {
    approve: "A careful person approves this.",
    deny: "A careful person denies this.",
    "cannot-approve": "This cannot be approved; a careful person denies it.",
  },
  same: "You did the same.",
  other: { approve: "You approved it.", deny: "You denied it.", revoke: "You took your approval back." },
} as const);
