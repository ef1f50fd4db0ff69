"""A Redshift-compatible warehouse on this machine: a wire-protocol proxy in front of PostgreSQL.

The proxy rewrites what PostgreSQL spells differently, carries out COPY and UNLOAD against S3 inside the client's own
transaction, notes what Redshift keeps and PostgreSQL lacks (distribution, sorting, encoding), and refuses what
Redshift refuses. Each behaviour names its source: the Redshift guide, a measured or public report, or "a guess".
"""
