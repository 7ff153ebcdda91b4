import type { charts as vi } from "../vi/charts";

export const charts: Readonly<Record<keyof typeof vi, string>> = {
  "chart.keys": "The arrow keys go from value to value",
  "chart.keys_range":
    "The arrow keys go from value to value, with Shift they choose a part, Enter zooms into it",
  "chart.none": "No data in this span",
  "chart.several": "{label} and other alerts, {count} in all",
  "chart.newest": "newest",
  "chart.toggle": "Hide or show this line",
  "chart.table": "Values of the chart: {label}",
  "chart.table_some": "Values of the chart: {label} (one of every {every})",
  "chart.time": "Time",
  "moment.form": "dd/mm/yyyy hh:mm",
  "moment.form_day": "dd/mm/yyyy",
  "moment.choose": "{label}: choose from the calendar",
  "moment.month": "Month {month}",
  "moment.before": "Month before",
  "moment.after": "Month after",
  "moment.needed": "Fill in a time",
  "moment.no_day": "There is no such date or time. Write it like {example}",
  "moment.unclear": "This is not understood. Write day/month/year hour:minute, like {example}",
  "moment.unclear_day": "This is not understood. Write day/month/year, like {example}",
  "moment.too_early": "It has to be {time} or later",
  "moment.too_late": "It may not be after {time}",
};
