"""Rollups: what the readings of a minute, an hour and a city day come to."""
