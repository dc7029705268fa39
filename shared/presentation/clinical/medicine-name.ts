import type { ClinicalText } from "./clinical-text.ts";
import { formatWritten } from "./written.ts";

/**
 * Names with tall man letters (ISMP and FDA lists of look-alike drug names). A site passes its own list on top. Used for
 * drawing only; the name as sent is shown beside it.
 */
export const TALL_MAN: readonly string[] = (
  "aMILoride amLODIPine ARIPiprazole azaCITIDine azaTHIOprine buPROPion busPIRone carBAMazepine cefTAZidime " +
  "cefTRIAXone chlordiazePOXIDE chlorproMAZINE chlorproPAMIDE CISplatin CARBOplatin clomiPHENE clomiPRAMINE clonazePAM " +
  "cloNIDine cloZAPine cycloSERINE cycloSPORINE DACTINomycin DAPTOmycin DAUNOrubicin diazePAM dilTIAZem " +
  "diphenhydrAMINE DOBUTamine DOPamine DOXOrubicin DULoxetine ePHEDrine EPINEPHrine epiRUBicin eriBULin fentaNYL " +
  "FLUoxetine flavoxATE fluvoxaMINE glipiZIDE glyBURIDE guaiFENesin guanFACINE hydrALAZINE hydroCHLOROthiazide " +
  "HYDROcodone HYDROmorphone hydroCORTisone hydrOXYzine IDArubicin inFLIXimab lamiVUDine lamoTRIgine levETIRAcetam " +
  "levoFLOXacin LORazepam medroxyPROGESTERone metFORMIN methazolAMIDE methIMAzole methylPREDNISolone methylTESTOSTERone " +
  "metOLazone metoPROLOL metroNIDAZOLE miFEPRIStone mitoMYcin mitoXANTRONE niCARdipine NIFEdipine niMODipine " +
  "OLANZapine oxyBUTYnin OXcarbazepine oxyCODONE oxyMORphone PARoxetine PAZOPanib PEMEtrexed penicillAMINE " +
  "PENTobarbital PHENobarbital phentolAMINE PRALAtrexate prednisoLONE predniSONE QUEtiapine quiNIDine quiNINE rifAMPin " +
  "rifAXIMin riTUXimab risperiDONE romiDEPsin romiPLOStim rOPINIRole SAXagliptin SITagliptin SORAfenib SUFentanil " +
  "sulfADIAZINE sulfaSALAzine SUMAtriptan SUNItinib tiaGABine tiZANidine TOLAZamide TOLBUTamide TORsemide traMADol " +
  "traZODone TRASTUZumab valACYclovir valGANciclovir vinBLAStine vinCRIStine ZOLMitriptan zolpidem ZIPRASidone"
).split(" ");

export type NameSpelling = (word: string) => string | undefined;

/** The site's spelling of a listed medicine, compared in lower case; the site's list wins over the built-in one. */
export function nameSpelling(siteNames: readonly string[] = []): NameSpelling {
  const spelling = new Map([...TALL_MAN, ...siteNames].map((name) => [name.toLowerCase(), name] as const));
  return (word) => spelling.get(word.toLowerCase());
}

const WORD = /[A-Za-z][A-Za-z-]*[A-Za-z]/g;
/** Shorter words in capitals are left alone: they may be salts or abbreviations (`HCl`, `XL`, `EC`). */
const SHORTEST_CAPITALS = 5;

/**
 * A medicine's name: tall man where listed, otherwise lower case in place of all capitals; strengths in safe form. Never
 * shortened (NHS CUI MEDi-002, -012; approval-experience.md S4a).
 */
export function formatMedicineName(text: string, spelling: NameSpelling): ClinicalText {
  const { display, unknown } = formatWritten(text);
  const named = display.replace(WORD, (word) => {
    const listed = spelling(word);
    if (listed !== undefined) return listed;
    return word.length >= SHORTEST_CAPITALS && word === word.toUpperCase() ? word.toLowerCase() : word;
  });
  return { display: named, as_sent: text, unknown };
}
