import type { Person } from "#shared/ipc/contract.ts";

import { fakeKid } from "./digest.ts";

export const OKAFOR: Person = {
  sub: "https://directory.northgate.example/approvers/okafor",
  name: "OKAFOR, Amara (Dr)",
  reg_no: "0000001",
  role: "Consultant",
  kid: fakeKid("okafor"),
  key_storage: "os",
  gateways: ["Northgate Hospital"],
};

export const WARD_PHARMACIST: Person = {
  sub: "https://directory.northgate.example/approvers/patel",
  name: "PATEL, Ravi",
  reg_no: "0000003",
  role: "Pharmacist",
  kid: fakeKid("patel"),
  key_storage: "hardware",
  gateways: ["Northgate Hospital"],
};
