"""Announced readings -> rules -> the life of an alert -> departments.

rules/    what is judged: rules as data, read, checked, kept with versions.
judge/    pure: columns of readings in, events of conditions out.
life.py   events and people's actions become rows: alert and flip.
engine/   the process: batches from the bus, judged and committed with the place where it is.
notice/   who is told what and when: routes, groups, silences, incidents, escalation, digests.
deliver/  the outbox: claimed, sent by channels, every attempt a row.
"""
