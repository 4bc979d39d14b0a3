/** Operands that several commands take, declared once. */

import type { Operand } from "../command/declaration.ts";
import { checkName, checkSource } from "../names/names.ts";

export const VM: Operand = {
  name: "VM",
  help: "name of a VM",
  check: checkName,
  complete: "vm",
};

export const VMS: Operand = {
  ...VM,
  help: "names of VMs; - reads them from standard input",
  many: true,
};

export const NEW_VMS: Operand = {
  name: "NAME",
  help: "names of the VMs to make; - reads them from standard input",
  many: true,
  check: checkName,
};

export const SOURCE: Operand = {
  name: "SOURCE",
  help: "template, its version (gui@3), or AppVM",
  check: checkSource,
  complete: "source",
};
