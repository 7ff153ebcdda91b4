"""The screen over one simulated city, which `ioc up` runs for all of them: one worker has the whole folder."""
