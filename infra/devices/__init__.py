"""Devices: what they show the broker, what it lets them do, and what they try all the same.

authority.py    our certificate authority: the broker's certificate, those of devices, the list of revoked ones
credentials.py  user names and passwords (kept as the broker's hashes), certificates: rows
broker.py       the broker's files, true to those rows, taken over without a restart
watch.py        the broker's log, read for what does not belong: facts
events.py       those facts as rows, for the audit and for alerts
keeper.py       the service that does all of it: `ioc devices run`
"""
