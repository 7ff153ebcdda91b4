"""What the channels share: settings, certificates, what webhooks may call, and who we are."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from alerts.deliver import address
from alerts.deliver.http import tls_context
from alerts.messages import links
from infra import catalog, remote
from infra.settings import Settings


class Ways:
    """Made once a process; ConfigError where a setting cannot be used. ``resolve`` looks host names up."""

    def __init__(self, settings: Settings, resolve: address.Resolve = address.look_up) -> None:
        self.settings = settings
        self.resolve = resolve
        self.plain = remote.plain_hosts(settings.plain_hosts)
        self.allowed = address.allowed(settings.webhook_allow)
        self.tls: ssl.SSLContext = tls_context(settings.deliver_ca_file)
        self.base_url = links.base(settings.public_url, settings.http_host, settings.http_port)
        self.host = urlsplit(self.base_url).hostname or "ioc.invalid"
        self.cap_sender = settings.cap_sender or self.host
        self.zones = {zone.code: zone for zone in catalog.load(settings).zones}
