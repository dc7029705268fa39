/** The app's words in an evidence archive (class K). */
export const SHOWN = {
  title: "What was shown, made again from the signed request",
  request: "Request:",
  template: "Template:",
  language: "Language:",
  issued: "Issued:",
  statement: "Statement beside the button:",
  before: "in the record",
  asSent: "as sent",
} as const;

const FULL = `What is in it
  manifest.json             what was exported, and the SHA-256 of every file
  directory-key.json        the public key of the directory, as the exporting computer pinned it when it was enrolled
  records/N/bundle.json     the evidence of one record: signed request, decisions and receipts, credentials, proofs of the log
  records/N/request.json    the signed content of the request, exactly (its canonical payload)
  records/N/decision-1.json the signed content of each decision
  records/N/shown.txt       what was on the screen, made again from the signed request with its template
  records/N/log-1.tlog-proof, log-1.leaf   each proof of the log with the leaf that it proves
A record without bundle.json is one that nobody has decided, that is not in the log yet, or that was erased: the manifest
says which ("checked", "erased"). Of an erased one its folder has digests.json, the gateway's receipts and the proofs, and
erased.json, which shows that the gateway's log ordered it: its text was destroyed at the gateway, and the digest is all by
which a copy could be recognised.

How to check it, without a network
  countersign verify records/*/bundle.json --directory-key directory-key.json
  countersign verify records/*/erased.json --directory-key directory-key.json     where there are any

It prints one line for each file and ends with status 0 only when every one is good. It needs nothing but these files.
The key is the one thing to be sure of: get directory-key.json from the hospital another way (for instance
"countersign directory list" at the directory) and compare. Whoever can change this archive could change the key in it.
`;

const WITHOUT = `This is the form without patient identifiers. Signed requests and decisions are not in it, because they name the patient.

What is in it
  manifest.json             what was exported, and the SHA-256 of every file
  directory-key.json        the public key of the directory, as the exporting computer pinned it when it was enrolled
  records/N/digests.json    digests of the request and the decisions, what the exporting computer's check found, and
                            when it was erased, if it was
  records/N/erased.json     of what was erased: that the gateway's log ordered it; "countersign verify" reads it
  records/N/receipt-1.jws   the gateway's signed receipt of each decision
  records/N/log-1.tlog-proof, log-1.leaf   each proof of the log with the leaf that it proves

How to check it, without a network
  Each leaf holds the digest of what it is about (obj). The proof beside it shows that the leaf is in the log, under the
  checkpoint that it names (c2sp.org/tlog-proof). Whoever holds a signed request or decision can compare its digest.
`;

export const readme = (identifiers: boolean): string => `Evidence from Countersign\n\n${identifiers ? FULL : WITHOUT}`;
