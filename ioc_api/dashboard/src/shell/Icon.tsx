import type { PageName } from "../store/route";

type Drawn = Exclude<PageName, "account" | "people" | "wallboards" | "audit"> | "city";

/** Lines on a ground of 20 by 20, drawn for this screen. */
const PATHS: Readonly<Record<Drawn, string>> = {
  city: "M3 6.500 7.500 4l5 2.500L17 4v9.500L12.500 16l-5-2.500L3 16z M7.500 4v9.500 M12.500 6.500V16",
  boards: "M3.500 16.500h13 M5.500 16.500v-6 M10 16.500v-12 M14.500 16.500v-8.500",
  desk: "M5.500 13.500V9a4.500 4.500 0 0 1 9 0v4.500l1.500 1.500H4z M8.500 17h3",
  history: "M3 15.500l4-5 3.500 3 6.500-8 M3 4v13.500h14",
  replay: "M4.500 10a5.500 5.500 0 1 1 1.700 4 M4.500 5v5h5 M10 7.500V10l2 1.500",
  rules: "M4 5.500h12 M4 10h12 M4 14.500h12 M7.500 4v3 M12.500 8.500v3 M9 13v3",
  sensors:
    "M10 11.500v5 M8.500 10a1.500 1.500 0 1 1 3 0 1.500 1.500 0 0 1-3 0z M6.300 13.700a5.200 5.200 0 1 1 7.400 0",
  quality:
    "M10 3l6 2.300v4.200c0 3.700-2.400 6.200-6 7.500-3.600-1.300-6-3.800-6-7.500V5.300z M7.300 9.900l2 2 3.500-3.800",
  handover: "M5 3.500h7.500L15.500 6.500v10H5z M8 9h5 M8 12h5",
};

export function Icon({ of }: { of: string }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[of as Drawn] ?? ""} />
    </svg>
  );
}
