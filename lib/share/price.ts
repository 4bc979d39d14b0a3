/** What it costs that a VM may have shares, for whoever lets it have them. */
export const PRICE =
  "memory is shared with the host: KSM cannot merge it with that of other " +
  "VMs, so the host needs more";
