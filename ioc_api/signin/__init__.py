"""Signing in at an identity provider (OpenID Connect): the province's, or any that is certified.

attempt.py   what a browser carries from our page to the provider and back: pure
tokens.py    whether an ID token is what it says: pure
provider.py  the provider over HTTP: discovery, keys, the exchange of a code
"""
