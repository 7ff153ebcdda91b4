"""Announced readings -> rules -> the life cycle of an alert -> departments. Nothing is built here yet."""
