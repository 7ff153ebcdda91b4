"""What a notification says: frozen content in, texts out (Vietnamese first, English below)."""
