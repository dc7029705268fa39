import { inLanguage } from "../language.ts";

/** Words of the practice after enrolment (S1, step 4). */
export const practice = inLanguage({
  strip: "PRACTICE - nothing here is real",
  name: "Practice",
  heading: "Practise before you start",
  what: "Three requests come to a queue. The patients do not exist, nothing is sent anywhere, and nothing you sign counts.",
  how: "Read and decide each of them as you would at work. Screens, waiting times and your PIN are the same. One of the three contradicts the record, however well it is explained: deny that one and approve the others.",
  end: "There is no limit to attempts. Locking the app ends the practice; it begins anew after you sign in.",
  begin: "Begin the practice",
  maySkip: "You passed the practice on this workstation in the last twelve months, so you may skip it.",
  skip: "Skip",
  allDecided: "You have decided all three requests.",
  seeOutcome: "See how it went",
  passedHeading: "You passed the practice",
  passed: "Your own requests wait behind the sign-in, with your own key.",
  missedHeading: "Not passed yet",
  missed: "Read below what was missed and where it stood. Then practise again, as often as you like.",
  again: "Practise again",
  goOn: "Go to sign-in",
  missedMark: "Missed",
  results: {
    repeat: {
      title: "The repeat of amlodipine",
      right: "You approved it. The record held the same medicine in the same dose, and nothing spoke against it.",
      missed:
        "You denied it. To deny in doubt harms nobody, but nothing here gave cause for doubt: under “From record” stood the same medicine in the same dose, and under “Checks” nothing had failed.",
    },
    "dose-change": {
      title: "The higher dose of ramipril",
      right:
        "You approved it. The readings in the record were the reason for the higher dose, and no check had failed.",
      missed:
        "You denied it. To deny in doubt harms nobody, but the record was clear: under “From record” stood the present dose and three high readings, and under “Checks” nothing had failed.",
    },
    "wrong-weight": {
      title: "The paracetamol for a child",
      right: "You denied it. The agent explained the dose well, with a weight that the record does not hold.",
      missed:
        "You approved a dose worked out from a weight that the record does not hold: the agent says 82 kg, the record says 28 kg. It stood in the conflict strip above what will be done, under “From record”, and among the checks. The agent's words explained it away; nobody checks them but you.",
    },
  },
} as const);
