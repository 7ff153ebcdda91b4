"""The simulated city: seeded virtual sensors, scenarios, faults and load."""
