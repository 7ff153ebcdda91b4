"""Early warning: signs of attacks, as figures that rules of alerts look at.

signs.py   the figures: refusals, devices that are not where or who they should be, unknown sensors, tokens
chain.py   whether the audit still is what was written, a part at a time
words.py   whom an alert of theirs is about, where that is no part of the city
"""
