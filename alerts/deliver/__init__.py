"""The outbox: notifications are claimed, sent by channels, and every try is a row."""
