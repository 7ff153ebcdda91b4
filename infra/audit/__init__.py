"""What was done, by whom, from where, and what came of it: rows that are only added, each with the hash of the last.

chain.py     the hash chain and what a row may hold: pure
record.py    adding a row in the transaction of what it tells of
read.py      searching
actions.py   what is done, in words for people
verify.py    whether it is what was written
syslog.py    rows as syslog lines, and their ways out
forward.py   sending them in their order, and how far it is
retention.py removing the oldest rows so that the chain still verifies
"""

from infra.audit.chain import Outcome
from infra.audit.record import record, record_async

__all__ = ["Outcome", "record", "record_async"]
