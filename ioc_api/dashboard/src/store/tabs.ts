/** Other windows of this browser share the session. */
const tabs = new BroadcastChannel("ioc.session");
type News = "seen" | "locked" | "opened" | "ended";

export function tell(news: News): void {
  tabs.postMessage(news);
}

export function hear(told: (news: News) => void): void {
  tabs.onmessage = ({ data }: MessageEvent<News>) => told(data);
}
