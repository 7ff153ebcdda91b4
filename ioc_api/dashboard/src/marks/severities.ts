import type { Severity } from "../api/alerts";

/**
 * One sign per severity, in a box of 16 by 16, unlike each other and unlike those of liveness: an octagon and a
 * lozenge with a stroke in them, an upright triangle's outline, a square's outline.
 */
export const SEVERITY_SHAPES: Readonly<Record<Severity, { body: string; inner: string; filled: boolean }>> = {
  critical: {
    body: "M5 0.800H11L15.200 5V11L11 15.200H5L0.800 11V5z",
    inner: "M8 3.900V8.900M8 11.600V12",
    filled: true,
  },
  major: {
    body: "M8 0.600L15.400 8L8 15.400L0.600 8z",
    inner: "M8 4.600V8.600M8 11.100V11.300",
    filled: true,
  },
  warning: { body: "M8 1.900L15 14.300H1z", inner: "M8 6.400V9.800M8 12.100V12.200", filled: false },
  info: { body: "M2.500 2.500H13.500V13.500H2.500z", inner: "M8 5V5.100M8 7.600V11", filled: false },
};
