"""Who is told of what, and when; and why somebody was not.

book.py      departments, routes, channels and silences in force, as they are read for one round
route.py     which departments an alert concerns, and in which role
silence.py   silences and maintenance windows: created, ended, listed, matched
incident.py  the alert of a cabinet, gateway or feeder that speaks for what hangs on it
hours.py     working hours, in UTC+7
group.py     alerts of a department that are told together: when the next message is due
news.py      what a channel does not know yet of an alert
stages.py    the reasons not to tell, as a list, in their order
flush.py     a group that is due becomes notifications, or mutings that say why not
storm.py     the storm guard
outbox.py    rows of `notification`
telling.py   an alert in the words of messages
escalate.py, remind.py, renew.py, retro.py, digest.py, drill.py    what is told by the clock
dispatch.py  one round of all of it
edit.py, channels.py    changes to departments and routes, and to channels
"""
