import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/header.css";
import "./styles/banner.css";
import "./styles/rail.css";
import "./styles/city.css";
import "./styles/tile.css";
import "./styles/line.css";
import "./styles/map.css";
import "./styles/map-choices.css";
import "./styles/alarms.css";
import "./styles/sensor.css";
import "./styles/zones.css";
import "./styles/severity.css";
import "./styles/alerts.css";
import "./styles/alert.css";
import "./styles/do.css";
import "./styles/form.css";
import "./styles/sign.css";
import "./styles/page.css";
import "./styles/table.css";
import "./styles/menu.css";
import "./styles/phone.css";
import { render } from "preact";
import { App } from "./app";
import { startClock } from "./store/clock";
import { open } from "./store/session";

const screen = document.getElementById("screen");
if (screen) render(<App />, screen);
startClock();
open();

// A new link opened in this tab changes only the fragment, which by itself loads nothing.
window.addEventListener("hashchange", () => {
  if (location.hash.startsWith("#code=")) location.reload();
});
