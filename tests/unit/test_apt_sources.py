"""Debian mirrors are found in every form that apt is configured in, and nothing else is taken for one."""

from __future__ import annotations

from infra.servers.sources import Source, parse_deb822, parse_lines


def test_one_line_sources() -> None:
    text = """
    # deb http://commented.example/debian trixie main
    deb http://mirror.example/debian bookworm main contrib  # a comment
    deb http://mirror.example/debian bookworm-updates main
    deb-src http://mirror.example/debian bookworm main
    deb [arch=amd64 signed-by=/usr/share/keyrings/d.gpg] https://tls.example/debian stable main
    deb cdrom:[Debian] bookworm main
    deb https://other.example/apt sdk main
    deb http://mirror.example/security bookworm-security main
    """
    assert parse_lines(text) == [
        Source("http://mirror.example/debian"),
        Source("https://tls.example/debian", (("Signed-By", "/usr/share/keyrings/d.gpg"),)),
    ]


def test_deb822_sources() -> None:
    text = """\
# The main one
Types: deb deb-src
URIs: http://a.example/debian http://b.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/d.gpg

Types: deb
URIs: http://a.example/security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main

Types: deb
URIs: https://vendor.example/
Suites: nodistro
Components: main
"""
    kept = (("Signed-By", "/usr/share/keyrings/d.gpg"),)
    assert parse_deb822(text) == [Source("http://a.example/debian", kept), Source("http://b.example/debian", kept)]


def test_a_key_inside_a_source_stays() -> None:
    text = """\
Types: deb
URIs: http://a.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINB
 -----END PGP PUBLIC KEY BLOCK-----
"""
    (source,) = parse_deb822(text)
    stanza = source.stanza("trixie")
    assert "\n -----BEGIN PGP" in stanza
    assert "\n .\n mQINB\n" in stanza
    assert parse_deb822(stanza) == [source]


def test_another_suite_of_the_same_mirror() -> None:
    stanza = Source("http://a.example/debian", (("Trusted", "yes"),)).stanza("trixie")
    assert stanza == "Types: deb\nURIs: http://a.example/debian\nSuites: trixie\nComponents: main\nTrusted: yes\n"
