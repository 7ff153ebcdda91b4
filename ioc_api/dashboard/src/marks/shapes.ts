import type { Condition } from "../api/types";

/**
 * One sign per condition, in a box of 16 by 16: each differs in shape, so that it is told apart without colour.
 * A filled disc, a triangle, a cross, an empty ring, two bars (it rests).
 */
interface Shape {
  path: string;
  filled: boolean;
  /** custom property that holds the colour */
  colour: string;
}

export const SHAPES: Readonly<Record<Condition, Shape>> = {
  online: { path: "M4 8a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", filled: true, colour: "--ok" },
  late: { path: "M8 2.2L14.200 13.200H1.800z", filled: true, colour: "--late" },
  offline: { path: "M3.600 3.600L12.400 12.400M12.400 3.600L3.600 12.400", filled: false, colour: "--off" },
  never_seen: {
    path: "M4.200 8a3.800 3.800 0 1 0 7.600 0a3.800 3.800 0 1 0 -7.600 0z",
    filled: false,
    colour: "--never",
  },
  maintenance: { path: "M5.600 3.600V12.400M10.400 3.600V12.400", filled: false, colour: "--info" },
};
