/** A payload as bytes are looked at: sixteen a row, in hexadecimal and as text. */
interface Row {
  at: string;
  hex: string;
  text: string;
}

const WIDTH = 16;

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

export function rowsOf(bytes: Uint8Array, most: number): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += WIDTH) {
    const part = [...bytes.subarray(at, Math.min(at + WIDTH, most))];
    const hex = part.map((b) => b.toString(16).padStart(2, "0"));
    rows.push({
      at: at.toString(16).padStart(4, "0"),
      hex: `${hex.slice(0, 8).join(" ")}  ${hex.slice(8).join(" ")}`.trimEnd(),
      text: part.map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : "·")).join(""),
    });
  }
  return rows;
}

/** As text: JSON with its lines, else as it is; what is no UTF-8 has signs in its place. */
export function textOf(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
