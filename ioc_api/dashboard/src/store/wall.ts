/** The token of a screen on a wall, which signs nobody in: it only shows. Kept in that browser, never in an address. */
const NAME = "ioc.wall";

export function wallToken(): string | null {
  try {
    return localStorage.getItem(NAME) || null;
  } catch {
    return null;
  }
}

export function keepWallToken(token: string): void {
  try {
    localStorage.setItem(NAME, token.trim());
  } catch {
    // A browser that keeps nothing cannot be a wall.
  }
}

export function dropWallToken(): void {
  try {
    localStorage.removeItem(NAME);
  } catch {
    // There is none.
  }
}
