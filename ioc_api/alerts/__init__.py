"""Alerts as they are shown and acted upon: the rows that the engine, the dispatcher and the sender write.

whom.py     which departments an alert concerns, as the routes say now
items.py    an alert as it is shown, and lists of them
story.py    one alert whole: flips, notifications with every try
why.py      why an alert is there, and why somebody got a message
"""
