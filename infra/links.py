"""One-time links for whoever has the machine; infra/access/links.py makes them."""

from infra.access.links import link, remove_expired, screen

__all__ = ["link", "remove_expired", "screen"]
