import type { Severity } from "../../api/alerts";
import type { Channel, Duty } from "../../api/rules";

/** What a form holds of a channel. Address and secret are only ever typed in: "" leaves them as they are. */
export interface ChannelDraft {
  department: string;
  kind: Channel["kind"];
  name: string;
  address: string;
  secret: string;
  severity: Severity;
  roles: Duty[];
  outside_hours: Channel["outside_hours"];
  enabled: boolean;
  /** for CAP: whether the public may have it */
  public: boolean;
  /** digests at the change of shifts, for mail and messengers */
  digest: boolean;
  config: Record<string, unknown>;
}

export const NEW_CHANNEL: ChannelDraft = {
  department: "",
  kind: "email",
  name: "",
  address: "",
  secret: "",
  severity: "info",
  roles: ["handles", "supports", "informed"],
  outside_hours: "critical",
  enabled: true,
  public: false,
  digest: true,
  config: {},
};

export function channelDraft(channel: Channel): ChannelDraft {
  const { department, kind, name, severity, roles, outside_hours, enabled, config } = channel;
  return {
    department,
    kind,
    name,
    address: "",
    secret: "",
    severity,
    roles,
    outside_hours,
    enabled,
    public: config.scope === "Public",
    digest: config.digest !== false,
    config,
  };
}

/** The body that is sent; a field that was left empty keeps what is there. */
export function channelBody(draft: ChannelDraft): Record<string, unknown> {
  const { public: open, digest, config, address, secret, ...fields } = draft;
  const { scope: _, digest: __, ...rest } = config;
  const told = draft.kind === "email" || draft.kind === "apprise";
  return {
    ...fields,
    address: address.trim() === "" ? null : address.trim(),
    secret: secret === "" ? null : secret,
    config: {
      ...rest,
      ...(draft.kind === "cap" && open && { scope: "Public" }),
      ...(told && !digest && { digest: false }),
    },
  };
}
