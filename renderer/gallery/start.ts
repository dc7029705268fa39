import { speak } from "../words/language.ts";
import { PSEUDO_LANGUAGES } from "./pseudo.ts";

// Before anything that has words is loaded: catalogues are read once.
const wanted = new URLSearchParams(window.location.search).get("lang");
const language = PSEUDO_LANGUAGES.find(({ lang }) => lang === wanted);
if (language !== undefined) {
  speak(language.say);
  document.documentElement.lang = language.lang;
  document.documentElement.dir = language.dir;
}
await import("./main.tsx");
