"""Who may see, say and do what. Decided here and nowhere else; REST, websocket and database only ask.

roles.py     what there is to be allowed, and which role has it
scope.py     for which areas, zones, domains and departments: pure, hashable, the same for a row, a sensor and an alert
who.py       somebody who has shown who they are: a person, a token, a wallboard, or ourselves
"""
