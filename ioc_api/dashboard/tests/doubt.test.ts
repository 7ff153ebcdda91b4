import "./setup";
import { expect, it } from "vitest";
import { supply } from "../src/store/alerts";
import { health } from "../src/store/system";
import { Doubt } from "../src/wall/Doubt";
import { SceneFigures } from "../src/wall/SceneFigures";

it("figures are not shown without a word where nobody judges alerts", () => {
  const said = (): unknown => {
    const scene = SceneFigures({ domains: [] });
    expect(scene.props.children).toContainEqual(expect.objectContaining({ type: Doubt }));
    const [, strong] = [Doubt()?.props.children ?? []].flat() as { props: Record<string, unknown> }[];
    return strong?.props["data-doubt"] ?? null;
  };
  const engine = (alerts: "ok" | "down" | null): void => {
    health.value = { source: "ok", ingest_lag_s: 0, alerts } as NonNullable<typeof health.value>;
  };
  supply.value = "there";
  engine("ok");
  expect(said()).toBeNull();
  engine("down");
  expect(said()).toBe("alerts.down");
  engine(null);
  expect(said()).toBe("alerts.unjudged");
  supply.value = "refused";
  engine("ok");
  expect(said()).toBe("alerts.refused");
});
