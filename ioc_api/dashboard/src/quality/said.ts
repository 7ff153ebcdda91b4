import { type Key, t } from "../i18n";

/** Kinds of values in an outline (`{ts: number}`), where they stand for a value. */
const KINDS =
  /(: |\[|^)(number in text|time without offset|number|time|text|boolean|null|bytes|broken JSON|too large|empty|mixed)(?=[,}\] ]|$)/g;

/** The outline of a message in the words of who reads it. */
export function formSaid(form: string): string {
  return form.replace(KINDS, (_, before: string, kind: string) => {
    return `${before}${t(`form.${kind.toLowerCase().replaceAll(" ", "_")}` as Key)}`;
  });
}

/** What the collector says of values, and how that is said here. */
const DETAILS: readonly (readonly [RegExp, Key])[] = [
  [/('[^']*') is no metric of (\w+)/g, "detail.no_metric"],
  [/('[^']*') names no channel/g, "detail.no_channel"],
  [/(\S+ \S+ \S*) ?is not in (\S+) to ([^;\s]+)/g, "detail.not_in"],
  [/(\S+: .+?) is no number/g, "detail.no_number"],
  [/ts (\S+) is ahead of the clock/g, "detail.ahead"],
  [/ts (\S+) is too long ago/g, "detail.long_ago"],
  [/ts ('[^']*'|\S+) is neither epoch milliseconds nor ISO 8601 with an offset/g, "detail.no_time"],
  [/(\S+) is not registered/g, "detail.not_registered"],
  [/there is no domain ('[^']*')/g, "detail.no_domain"],
  [/there is no area ('[^']*')/g, "detail.no_area"],
  [/([\d,]+) bytes; at most ([\d,]+) are taken/g, "detail.too_large"],
  [/not UTF-8 at byte (\d+)/g, "detail.not_utf8"],
  [/not JSON: .*$/g, "detail.not_json"],
  [/the device's bytes in ('[^']*') were not decoded by its network server/g, "detail.undecoded"],
  [/a retained message without a time is no reading/g, "detail.retained"],
  [/the message is empty/g, "detail.empty"],
];

/** The collector's words for what is wrong; what is not known here is shown as it came. */
export function detailSaid(detail: string): string {
  return DETAILS.reduce(
    (text, [pattern, key]) =>
      text.replace(pattern, (...found: string[]) =>
        t(key, { a: found[1] ?? "", b: found[2] ?? "", c: found[3] ?? "" }),
      ),
    detail,
  );
}
