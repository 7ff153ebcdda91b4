import "../styles/wall.css";
import "../styles/wall-city.css";
import "../styles/wall-scenes.css";
import "../styles/wall-map.css";
import "../styles/wall-states.css";
import { SignIn } from "../sign/SignIn";
import { phase } from "../store/phase";
import { language, theme } from "../store/prefs";
import { Guard } from "./Guard";
import { settingsOf } from "./plan";
import { WallDoor } from "./WallDoor";
import { WallView } from "./WallView";
import { WallWaits } from "./WallWaits";

const settings = settingsOf(location.search);
if (settings.language) language.value = settings.language;
if (settings.theme) theme.value = settings.theme;

/** The page `/wall`: the city for a room, shown by a token that can do nothing else; or the field for that token. */
export function Wall() {
  const at = phase.value;
  switch (at) {
    case "open":
      return (
        <Guard>
          <WallView settings={settings} />
        </Guard>
      );
    case "signed_out":
    case "code_refused":
      return <WallDoor />;
    case "opening":
    case "unreachable":
    case "failed":
      return <WallWaits phase={at} />;
    default:
      return <SignIn phase={at} />;
  }
}
