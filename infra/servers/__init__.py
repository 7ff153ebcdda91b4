"""Real servers on this machine: TimescaleDB and Mosquitto, without Docker, and without root.

    install.find() ─▶ Installation     the system's packages where they are new enough,
        │                              else unpacked from the machine's own Debian mirror (debian, relocate)
        ├─▶ Postgres(...)              one cluster in one folder, start(), stop(), alive(), url
        └─▶ Mosquitto(...)             one broker in one folder, the same

Both run as another user when we are root (owner), in a process group of their own, and die with the
process that started them (process).
"""

from infra.servers.install import Installation, find
from infra.servers.mosquitto import Devices, Mosquitto
from infra.servers.postgres import Postgres

__all__ = ["Devices", "Installation", "Mosquitto", "Postgres", "find"]
