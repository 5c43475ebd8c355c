"""The web plumbing under every surface: form tokens, response headers, static files, language, request log.

Not for: pages or anything of the domain.
"""
