"""What the city is: areas, zones, domains, metrics, sensors, and the grammar of what they send.

Pure: standard library, numpy and msgspec. No I/O, no clock: whoever calls hands in texts and times.
"""
