/** What a drawn map tells whoever shows it. */

export interface Seen {
  west: number;
  south: number;
  east: number;
  north: number;
  zoom: number;
}

export interface Picks {
  /** The key of what was pressed, or null: nothing. */
  sight(key: string | null): void;
  zone(code: string): void;
  /** What the pointer is over, and where on the map it is. */
  hover(key: string | null, x: number, y: number): void;
  moved(seen: Seen): void;
  /** It cannot be drawn any more. */
  failed(): void;
  /** It can be drawn again. */
  restored(): void;
  /** The city's ground was not to be had: a plain one is shown. */
  plain(): void;
}
