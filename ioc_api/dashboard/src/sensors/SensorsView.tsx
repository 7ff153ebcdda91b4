import "../styles/sensors.css";
import { t } from "../i18n";
import { PageView } from "../parts/PageView";
import { addressOf, place } from "../store/route";
import { ImportFile } from "./ImportFile";
import { SensorList } from "./SensorList";
import { SensorOne } from "./SensorOne";
import { wantedIn } from "./wanted";

/** The registry: who reports, where it stands, how it is; one of them, a new one or a file beside the list. */
export function SensorsView() {
  const { name, query } = place.value;
  const doing = query.get("do");
  const wanted = wantedIn(query);
  const back = (): string => addressOf("sensors", "", { ...wanted });
  return (
    <PageView page="sensors" title={t("sensors.title")}>
      <div class="beside" data-open={name !== null || doing !== null}>
        <SensorList wanted={wanted} chosen={name} />
        {doing === "import" ? (
          <ImportFile back={back()} />
        ) : doing === "new" ? (
          <SensorOne key="" id={null} back={back()} />
        ) : (
          name !== null && <SensorOne key={name} id={name} back={back()} />
        )}
      </div>
    </PageView>
  );
}
