"""Signing in by the tenant's OpenID Connect provider: authorization code with PKCE, state and nonce.

Core 1.0 §3.1, Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (who answered), RFC 9700 (best practice). Reasons:
docs/decisions/0015-sign-in-by-provider.md
"""
