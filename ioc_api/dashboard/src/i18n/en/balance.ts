import type { balance as vi } from "../vi/balance";

export const balance: Readonly<Record<keyof typeof vi, string>> = {
  "balance.words":
    "Each value that was received is in exactly one place: stored, there before (duplicate), or in quarantine. If the sum is wrong, the system has lost readings: tell the technicians at once.",
  "balance.nothing": "Nothing has been received yet",
  "balance.since": "Since {at}",
  "balance.day": "The last 24 hours",
  "balance.minutes": "Minute by minute",
  "balance.minute": "Minute",
  "balance.messages": "Messages received",
  "balance.decoded": "Values received",
  "balance.stored": "Stored",
  "balance.duplicate": "Duplicate",
  "balance.quarantined": "Quarantined",
  "balance.limited": "Limited",
  "balance.verdict": "Check",
  "balance.right": "adds up",
  "balance.adds_up": "It adds up: no value is lost.",
  "balance.off_by": "Off by {count} values",
  "balance.beside":
    "Of {messages} messages {limited} were limited because their devices send too many (counted, not read). {replayed} values came from replays of quarantine.",
  "balance.all": "All {count} minutes with readings add up.",
  "balance.some": "{count} minutes do not add up; they are marked red below.",
  "balance.strip":
    "Values of 24 hours in columns of 10 minutes, at most {most}; the table by minutes below has all figures.",
};
