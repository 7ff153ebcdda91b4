import type { wall as vi } from "../vi/wall";

export const wall: Readonly<Record<keyof typeof vi, string>> = {
  "wall.title": "Wallboard",
  "wall.city": "Operations {place}",
  "wall.door":
    "Enter the screen's token once; the screen only shows, nothing can be done on it. Administrators make tokens under Wallboards.",
  "wall.token": "The screen's token",
  "wall.token_needed": "Enter the screen's token.",
  "wall.token_wrong": "This token is not good, or was revoked.",
  "wall.show": "Show",
  "wall.opening": "Opening…",
  "wall.unreachable": "The server cannot be reached; trying again",
  "wall.failed": "The screen cannot be opened; trying again",
  "wall.scene_city": "The city now",
  "wall.scene_map": "Map of the city",
  "wall.scene_alerts": "Open alerts",
  "wall.scene_figures": "Figures by area",
  "wall.air": "VN_AQI {value}",
  "wall.lost": "OLD FIGURES: connection lost",
  "wall.since": "since {time}, for {age}",
  "wall.stopped": "OLD FIGURES: the source has stopped",
  "wall.stopped_help": "no new readings reach the centre",
  "wall.slow": "Figures are late",
  "wall.slow_by": "by {seconds} s",
};
