"""Ways out of the house. Each sends one message to one channel and says what came of it (alerts/deliver/outcome.py)."""
